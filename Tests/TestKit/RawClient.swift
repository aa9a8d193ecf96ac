import Foundation
import Glibc
import Synchronization

/// A client that sends and receives plain bytes and never blocks a thread.
public final class RawClient: Sendable {
  /// What a client may run into.
  public enum Failure: Error, Equatable {
    /// The connection was refused, for the reason of that number.
    case refused(Int32)
    /// The server has closed the connection.
    case gone
    /// Nothing came for a minute.
    case timeout
  }

  private static let noSignal = Int32(MSG_NOSIGNAL)

  private let descriptor: Int32
  private let received = Mutex<[UInt8]>([])

  /// Connects to the socket at a path.
  public init(_ path: String) async throws {
    let type = Int32(
      bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw Failure.refused(errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
    }
    let fixed = address
    // The backlog is full while many come at once.
    try await Self.patiently { [descriptor] () throws -> Void? in
      let reason = unsafe withUnsafePointer(to: fixed) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
        }
      }
      if reason == EAGAIN { return nil }
      if reason != 0 { throw Failure.refused(reason) }
      return ()
    }
  }

  deinit { close(descriptor) }

  /// Sends bytes, and waits while the server takes none.
  public func send(_ bytes: [UInt8]) async throws {
    var sent = 0
    while sent < bytes.count {
      let start = sent
      sent += try await Self.patiently { [self] in try trySending(bytes[start...]) }
    }
  }

  /// Sends text.
  public func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  /// Sends a line.
  public func sendLine(_ text: String) async throws { try await send(text + "\n") }

  /// Sends what the socket takes without waiting; nil where it takes nothing.
  public func trySending(_ bytes: ArraySlice<UInt8>) throws -> Int? {
    let count = unsafe bytes.withUnsafeBytes { bytes in
      unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Self.noSignal)
    }
    if count >= 0 { return count }
    if errno == EAGAIN { return nil }
    throw Failure.gone
  }

  /// The next line without its end, or nil when the server has closed the connection.
  public func line() async throws -> String? {
    try await receive { bytes in
      guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      defer { bytes.removeSubrange(...end) }
      return String(decoding: bytes[..<end], as: UTF8.self)
    }
  }

  /// A number of lines, sorted.
  public func lines(_ count: Int) async throws -> [String] {
    var lines: [String] = []
    for _ in 0..<count {
      guard let line = try await line() else { throw Failure.gone }
      lines.append(line)
    }
    return lines.sorted()
  }

  /// The next response over HTTP, or nil when the server has closed the connection.
  public func response() async throws -> HTTPResponse? {
    try await receive { HTTPResponse(takenFrom: &$0) }
  }

  /// Whether the server closes the connection; what it sends before is dropped.
  public func isClosed() async throws -> Bool {
    try await receive { bytes -> Never? in
      bytes.removeAll()
      return nil
    } == nil
  }

  /// Whether the server has closed the connection already, told without reading.
  public var isCut: Bool {
    var descriptors = pollfd(fd: descriptor, events: 0, revents: 0)
    return unsafe poll(&descriptors, 1, 0) == 1 && Int32(descriptors.revents) & POLLHUP != 0
  }

  /// Tells the server that no more will be sent.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes both directions, as the end of the process would.
  public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  private func receive<Part>(_ part: (inout [UInt8]) throws -> Part?) async throws -> Part? {
    while true {
      if let part = try received.withLock({ try part(&$0) }) { return part }
      let bytes = try await Self.patiently { [descriptor] () -> [UInt8]? in
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 && errno == EAGAIN { return nil }
        return Array(chunk[..<max(0, count)])
      }
      if bytes.isEmpty { return nil }
      received.withLock { $0 += bytes }
    }
  }

  /// Tries until something comes of it, with growing pauses.
  private static func patiently<Value>(_ attempt: () throws -> Value?) async throws -> Value {
    var pause = Duration.microseconds(200)
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let value = try attempt() { return value }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(20))
    }
    throw Failure.timeout
  }
}

/// A response over HTTP.
public struct HTTPResponse {
  /// The number of the status.
  public let status: Int
  /// The status line and the headers.
  public let head: String
  /// The body.
  public let body: String

  init?(takenFrom bytes: inout [UInt8]) {
    let text = String(decoding: bytes, as: Unicode.ASCII.self)
    guard let gap = text.range(of: "\r\n\r\n") else { return nil }
    head = String(text[..<gap.lowerBound])
    status = Int(head.split(separator: " ")[1]) ?? 0
    let lengths = head.split(separator: "\r\n").compactMap { line in
      line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
    }
    let start = text.utf8.distance(from: text.startIndex, to: gap.upperBound)
    let end = start + (lengths.first ?? 0)
    guard bytes.count >= end else { return nil }
    body = String(decoding: bytes[start..<end], as: UTF8.self)
    bytes.removeSubrange(..<end)
  }
}
