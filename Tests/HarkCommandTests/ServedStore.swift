import Foundation
import TestKit
import Testing

/// A store of two documents, and a process that serves it.
final class ServedStore {
  let folder: TemporaryFolder
  let store: String
  let socket: String
  private(set) var server: HarkProcess

  /// Makes the store and waits until its server answers.
  init() async throws {
    folder = try TemporaryFolder()
    store = folder.file("store")
    socket = folder.file("hark.sock")
    try folder.write("in/travel.md", "# Travel\n\nThe manager approves business trips.\n")
    try folder.write("in/휴가.txt", "연차 휴가는 일 년에 스물다섯 날입니다.\n")
    let outcome = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    try #require(outcome.status == 0, "\(outcome)")
    server = try HarkProcess(["serve", "--store", store, "--socket", socket])
    try await awaitServer()
  }

  deinit { server.killAtOnce() }

  /// Kills the server and starts another one.
  func replaceServer() async throws {
    server.killAtOnce()
    _ = try await server.outcome()
    server = try HarkProcess(["serve", "--store", store, "--socket", socket])
    try await awaitServer()
  }

  private func awaitServer() async throws {
    for _ in 0..<1200 {
      // The file of a server that was killed refuses until the new one takes its place.
      if (try? await RawClient(socket)) != nil { return }
      try #require(server.isRunning)
      try await Task.sleep(for: .milliseconds(50))
    }
    throw RawClient.Failure.timeout
  }
}
