import ArgumentParser
import Foundation
import Glibc
import Hark
import HarkServer
import HarkService
import Machine

/// `hark serve`: answers over a Unix socket, and carries out the tasks of the queue.
struct ServeCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer searches and log chats over a Unix socket.",
    discussion: """
      Speaks JSON-RPC 2.0, an object a line, and HTTP/1.1 with the same bodies (POST /v1/rpc, \
      GET /healthz, GET /metrics) on one socket, which only your own user may use, and those \
      whom the configuration admits (hark.toml in the store: docs/operations.md). docs/api.md has \
      the methods. Meanwhile the tasks of the queue are carried out, one after the other \
      (`hark tasks`). An interrupt (Ctrl-C, SIGTERM) ends the server in good order: a task that it \
      is at goes back to the queue, and the next server goes on with it.

      EXAMPLES
        hark serve
        hark serve --store /srv/hark --socket /run/hark/hark.sock
        curl --unix-socket "$XDG_RUNTIME_DIR/hark.sock" http://hark/healthz
        echo '{"jsonrpc":"2.0","id":1,"method":"hello"}' | nc -U -q 1 "$XDG_RUNTIME_DIR/hark.sock"
      """)

  @Option(
    help: ArgumentHelp(
      """
      The socket. (default: the configuration's, else $XDG_RUNTIME_DIR/hark.sock, else hark.sock in \
      the store)
      """,
      valueName: "path"), completion: .file())
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "The configuration. (default: hark.toml in the store, where there is one)",
      valueName: "file"), completion: .file())
  var config: String?

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Account: Encodable {
    let socket: String
    let seconds: Double
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model)
    let lock = try StoreServerLock(store: engine.storePath)
    let configuration = try configuration(store: engine.storePath)
    // The first question is answered as fast as all others.
    _ = try await engine.embed(["hello"])
    let path = socket ?? configuration.socket ?? Self.defaultSocket(store: engine.storePath)
    let service = HarkService(engine: engine, owner: getuid(), configuration: configuration)
    let server = SocketServer(path: path, group: configuration.group, service: service)
    let start = ProgressDisplay.now
    var housekeeping: Task<Void, Never>?
    try await Interrupt.awaits { () async throws(HarkError) in
      do throws(ServerError) {
        try await server.start()
      } catch {
        throw HarkError(.init(rawValue: error.code.rawValue), error.message, cause: error)
      }
      if !shared.quiet {
        try? StandardStream.error.write("hark: listening at \(DisplayText.line(path))\n")
      }
      housekeeping = Task { [quiet = shared.quiet] in
        await service.keepHouse { Self.tell($0, isQuiet: quiet) }
      }
    }
    housekeeping?.cancel()
    await server.stop()
    await housekeeping?.value
    withExtendedLifetime(lock) {}
    let account = Account(socket: path, seconds: ProgressDisplay.now - start)
    if shared.json { return try Answer(json: account) }
    return Answer(shared.quiet ? "" : "Served for \(Quantity.duration(account.seconds)).\n")
  }

  private func configuration(store: String) throws(HarkError) -> ServerConfiguration {
    if let config { return try ServerConfiguration(path: config) }
    let path = "\(store)/\(ServerConfiguration.fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return ServerConfiguration() }
    return try ServerConfiguration(path: path)
  }

  /// Tells what becomes of tasks.
  private static func tell(_ event: TaskEvent, isQuiet: Bool) {
    switch event {
    case .stopped(let task) where task.status == .failed || !isQuiet:
      try? StandardStream.error.write("hark: \(TaskRendering.line(of: task))\n")
    case .troubled(let error):
      let message = DisplayText.line("tasks have to wait: \(error)")
      try? StandardStream.error.write("hark: \(message)\n")
    case .began, .stopped: break
    }
  }

  private static func defaultSocket(store: String) -> String {
    if let folder = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"], !folder.isEmpty {
      return "\(folder)/hark.sock"
    }
    return "\(store)/hark.sock"
  }
}

/// The lock of the one server of a store: two would do no harm, but nobody means to run two.
private final class StoreServerLock: Sendable {
  private let lock: FileLock

  /// Takes the lock.
  ///
  /// - Throws: `server-running`, `store-unavailable`.
  init(store: String) throws(HarkError) {
    do throws(MachineError) {
      lock = try FileLock("\(store)/serve.lock")
    } catch {
      guard error.code == .fileLocked else {
        throw HarkError(.storeUnavailable, error.message, cause: error)
      }
      throw HarkError(
        .init(rawValue: ServerError.Code.serverRunning.rawValue),
        "another `hark serve` serves the store \(store): stop it first", cause: error)
    }
  }
}
