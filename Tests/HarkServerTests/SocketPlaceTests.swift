import Foundation
import Glibc
import HarkServer
import TestKit
import Testing

/// Where the socket lies, and what is done to what lies there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SocketPlaceTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("s")
  }

  private func server(_ path: String, _ service: EchoService = EchoService()) -> SocketServer {
    SocketServer(path: path, service: service)
  }

  private func refusal(at path: String) async -> ServerError? {
    let server = server(path)
    do throws(ServerError) {
      try await server.start()
      await server.stop()
      return nil
    } catch {
      return error
    }
  }

  private func mode(_ path: String) throws -> Int {
    try #require(
      FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func theSocketIsForOwnerAndGroupAndGoesWithTheServer() async throws {
    let path = folder.file("run/hark.sock")
    let server = server(path)
    try await server.start()
    #expect(try mode(path) == 0o660)
    #expect(try mode(folder.file("run")) & ~0o750 == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("run"))
    #expect(files.sorted() == ["hark.sock", "hark.sock.lock"])
    await server.stop()
    #expect(!FileManager.default.fileExists(atPath: path))
    await #expect(throws: RawClient.Failure.refused(ENOENT)) { _ = try await RawClient(path) }
  }

  @Test func aDeadSocketIsReplaced() async throws {
    #expect(leaveSocket(at: path, listening: false) >= 0)
    let server = server(path)
    try await server.start()
    _ = try await RawClient(path)
    await server.stop()
  }

  @Test func aSecondServerIsRefused() async throws {
    let first = server(path)
    try await first.start()
    let error = try #require(await refusal(at: path))
    #expect(error.code == .serverRunning)
    #expect(error.message.contains(path))
    _ = try await RawClient(path)
    await first.stop()
    #expect(await refusal(at: path) == nil)
  }

  @Test func aLivingServerOfAnotherKindIsLeftAlone() async throws {
    let listener = leaveSocket(at: path, listening: true)
    defer { close(listener) }
    #expect(await refusal(at: path)?.code == .serverRunning)
    _ = try await RawClient(path)
  }

  @Test func aFileIsLeftAlone() async throws {
    try folder.write("s", "precious")
    #expect(await refusal(at: path)?.code == .pathTaken)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func aSymbolicLinkIsLeftAlone() async throws {
    let target = try folder.write("target", "precious")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    #expect(await refusal(at: path)?.code == .pathTaken)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
  }

  @Test func aLinkInPlaceOfTheLockIsNotFollowed() async throws {
    let target = try folder.write("target", "precious")
    try FileManager.default.createSymbolicLink(
      atPath: path + ".lock", withDestinationPath: target)
    #expect(await refusal(at: path)?.code == .socketFailed)
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
  }

  @Test(arguments: [0o777, 0o775, 0o722]) func aFolderThatOthersWriteToIsRefused(
    _ mode: Int
  ) async throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
    let error = try #require(await refusal(at: path))
    #expect(error.code == .folderUnsafe)
    #expect(error.message.contains("chmod go-w \(folder.path)"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func aStickyFolderIsTaken() async throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: folder.path)
    #expect(await refusal(at: path) == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give folders away"))
  func aFolderOfAnotherUserIsRefused() async throws {
    try FileManager.default.setAttributes([.ownerAccountID: 12_345], ofItemAtPath: folder.path)
    let error = try #require(await refusal(at: path))
    #expect(error.code == .folderUnsafe)
    #expect(error.message.contains("belongs to the user 12345"))
  }

  @Test func aPathThatIsTooLongIsRefused() async throws {
    let name = String(repeating: "x", count: 107 - folder.path.utf8.count - 1)
    #expect(await refusal(at: folder.file(name)) == nil)
    let error = try #require(await refusal(at: folder.file(name + "x")))
    #expect(error.code == .pathTooLong)
    #expect(error.message.contains("108 bytes"))
    #expect(error.message.contains("107"))
  }

  @Test func aFolderThatCannotBeMadeIsNamed() async throws {
    let error = try #require(await refusal(at: folder.file("a/b/s")))
    #expect(error.code == .folderUnavailable)
    #expect(error.message.contains(folder.file("a/b")))
    try folder.write("file", "")
    #expect(await refusal(at: folder.file("file/s"))?.code == .folderUnavailable)
    #expect(await refusal(at: folder.path + "/")?.code == .pathTaken)
  }

  @Test func anotherSocketAtThePathIsNotRemoved() async throws {
    let server = server(path)
    try await server.start()
    try FileManager.default.removeItem(atPath: path)
    let listener = leaveSocket(at: path, listening: true)
    defer { close(listener) }
    await server.stop()
    _ = try await RawClient(path)
  }

  @Test func aServerStartsOnce() async throws {
    let server = server(path)
    await server.stop()
    try await server.start()
    await #expect { try await server.start() } throws: { error in
      (error as? ServerError)?.code == .alreadyStarted
    }
    await server.stop()
    await server.stop()
    await #expect(throws: ServerError.self) { try await server.start() }
  }

  @Test func stoppingLetsRunningRequestsEnd() async throws {
    let service = EchoService()
    var limits = ServerLimits()
    limits.requestsAtOnce = 1
    limits.grace = .seconds(60)
    let server = SocketServer(path: path, service: service, limits: limits)
    try await server.start()
    let client = try await RawClient(path)
    try await client.sendLine(request(1, "hold"))
    try await client.sendLine(request(2, "hold"))
    try await client.sendLine(request(0, "cancel", #"{"id":7}"#))
    #expect(try await client.line() == result(0, #"{"canceled":false}"#))
    async let stopped: Void = server.stop()
    let waiting = try ErrorReply(try await client.line())
    #expect(waiting.id == 2)
    #expect(waiting.error.data.code == "shutting-down")
    try await client.sendLine(request(3, "echo"))
    #expect(try ErrorReply(try await client.line()).error.data.code == "shutting-down")
    service.open()
    #expect(try await client.line() == result(1))
    #expect(try await client.line() == nil)
    await stopped
  }

  @Test func stoppingEndsRequestsThatOnlyWait() async throws {
    let service = EchoService()
    var limits = ServerLimits()
    limits.grace = .seconds(3_600)
    let server = SocketServer(path: path, service: service, limits: limits)
    try await server.start()
    let client = try await RawClient(path)
    try await client.sendLine(request(1, "watch"))
    #expect(try await eventually { service.counts.running == 1 })
    await server.stop()
    let error = try ErrorReply(try await client.line())
    #expect(error.id == 1)
    #expect(error.error.data.code == "shutting-down")
    #expect(try await client.line() == nil)
    #expect(service.counts.canceled == 1)
  }

  @Test func stoppingDoesNotWaitForever() async throws {
    let service = EchoService()
    var limits = ServerLimits()
    limits.grace = .milliseconds(100)
    let server = SocketServer(path: path, service: service, limits: limits)
    try await server.start()
    let client = try await RawClient(path)
    try await client.sendLine(request(1, "hold"))
    #expect(try await eventually { service.counts.running == 1 })
    await server.stop()
    #expect(try ErrorReply(try await client.line()).error.data.code == "canceled")
    #expect(service.counts.canceled == 1)
  }

  @Test func aRunEndsWhenItsTaskIsCanceled() async throws {
    let server = server(path)
    let run = Task { try await server.run() }
    #expect(try await eventually { FileManager.default.fileExists(atPath: path) })
    _ = try await RawClient(path)
    run.cancel()
    try await run.value
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// Binds a socket as another program would, and gives its descriptor.
  private func leaveSocket(at path: String, listening: Bool) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(bitPattern: SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8)
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isBound = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, size) == 0
      }
    }
    guard isBound else { return -1 }
    if listening { listen(descriptor, 8) } else { close(descriptor) }
    return descriptor
  }
}
