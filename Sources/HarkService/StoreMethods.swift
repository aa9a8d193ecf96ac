import Foundation
import Hark

extension HarkService {
  /// The methods about the store and its tasks.
  static let storeMethods: [Method] = [
    Method("tasks.list") {
      (context, parameters: LimitParameters) async throws(HarkError) in
      TaskList(tasks: try await context.engine.tasks(limit: parameters.limit ?? 50))
    },
    Method("tasks.get") { (context, parameters: IDParameters) async throws(HarkError) in
      try await context.engine.task(parameters.id)
    },
    Method("tasks.cancel", writes: true) {
      (context, parameters: IDParameters) async throws(HarkError) in
      try await context.engine.cancelTask(parameters.id)
    },
    Method("stats") { (context, _: NoParameters) async throws(HarkError) in
      try await context.engine.statistics()
    },
    Method("healthz") { (context, _: NoParameters) async throws(HarkError) in
      await context.service.currentHealth
    },
  ]

  private struct LimitParameters: Parameters {
    let limit: Int?
    enum CodingKeys: String, CodingKey, CaseIterable { case limit }
  }

  private struct TaskList: Encodable, Sendable {
    let tasks: [TaskRecord]
  }
}
