import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The method that begins a conversation.
  static let hello: Method = Method(
    .init(
      "hello", "Tells who answers.", right: nil,
      result: .object([
        .required("server", .string, "`hark`."),
        .required("version", .string, "The version of Hark."),
        .required("interface", .integer, "Grows with what would break a client; now 1."),
        .required("methods", .list(.string), "The methods that the peer may call."),
        .required("store", .string, "The store's folder."),
      ]))
  ) { (context, _: NoParameters) in
    Hello(
      server: "hark", version: version, interface: interfaceVersion,
      methods: interface.filter { $0.description.right.map(context.access.allows) ?? true }
        .map(\.name).sorted(),
      store: context.engine.storePath)
  }

  /// The methods about the server and the store as a whole.
  static let serverMethods: [Method] = [
    Method(
      .init(
        "stats", "Tells what the store holds, as `hark stats --json` does.", right: .administer,
        lane: .heavy,
        result: .map(.any))
    ) { (context, _: NoParameters) in
      try await context.engine.statistics()
    },
    Method(
      .init("healthz", "Tells how the server is.", right: nil, result: .record("Health"))
    ) { (context, _: NoParameters) in
      await context.service.currentHealth
    },
    Method(
      .init(
        "metrics", "Gives counts of requests, documents and chunks for Prometheus.", right: nil,
        result: .object([.required("text", .string, "The text exposition format.")]))
    ) { (context, _: NoParameters) in
      Metrics(text: await context.service.metrics())
    },
  ]

  private struct Hello: Encodable, Sendable {
    let server: String
    let version: String
    let interface: Int
    let methods: [String]
    let store: String
  }

  private struct Metrics: Encodable, Sendable {
    let text: String
  }
}
