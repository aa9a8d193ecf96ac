import CConfinement
import Glibc
import SystemPackage

/// Waits for the process of a request: takes what it writes, and ends it at its wall limit or when
/// it writes what nobody wants.
struct ParserWatch: ~Copyable {
  /// What came of a request.
  enum Outcome {
    /// A process has ended.
    case ended(ParserEnd)
    /// The server could not make a process.
    case refused(Errno)
    /// The server did not take the request in time.
    case unanswered
    /// The server ended before it took the request.
    case dropped
  }

  /// The socket of the report, which belongs to the run.
  private let report: Int32
  private let output: OwnedDescriptor
  private let complaint: OwnedDescriptor
  /// What is waited for: the report, the output and the complaint; below zero what has closed.
  private var events: [pollfd]
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var said: [UInt8] = []

  private let limit: Duration
  /// When the current state has lasted too long.
  private var deadline: SuspendingClock.Instant
  private var isAccepted = false
  private var isStopped = false
  private var isServerKilled = false
  private var isTimedOut = false
  private var status: Int32?

  /// How long a server may take to kill a process.
  private static let patience = Duration.seconds(5)
  /// How long a process may live that has closed all that it could write to.
  private static let afterglow = Duration.milliseconds(100)
  /// Bytes of standard error that are kept.
  private static let complaintLimit = 4096

  init(
    report: Int32, output: consuming OwnedDescriptor, complaint: consuming OwnedDescriptor,
    seconds: Int
  ) {
    self.report = report
    self.output = output
    self.complaint = complaint
    events = [report, self.output.number, self.complaint.number].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    limit = .seconds(seconds)
    deadline = .now + limit
  }

  /// Sends the request, and waits for room where there is none in the socket.
  ///
  /// - Returns: Whether it was sent; where not, the server has ended or the run is canceled.
  /// - Throws: The reason for which it can never be sent.
  mutating func send(
    _ arguments: [String], _ descriptors: [Int32], to socket: borrowing OwnedDescriptor
  ) throws(Errno) -> Bool {
    let bytes = Array(arguments.map { $0 + "\0" }.joined().utf8)
    while true {
      switch unsafe descriptors_send(
        socket.number, bytes, bytes.count, descriptors, descriptors.count)
      {
      case 0: return true
      // The last of these: too many descriptors are on their way.
      case EAGAIN, ENOBUFS, ETOOMANYREFS:
        guard deadline > .now else { throw Errno.resourceTemporarilyUnavailable }
        // The report closes where the run is canceled.
        if unsafe poll(&events, 1, 10) > 0 { return false }
      case EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN: return false
      case let failure: throw Errno(rawValue: failure)
      }
    }
  }

  /// Waits until the process has ended, and all that it wrote has been taken.
  ///
  /// - Parameters:
  ///   - output: Takes what it writes to standard output.
  ///   - server: Is killed where it does not kill the process, which it takes along.
  mutating func wait(into output: inout some ParserOutput, server: ParserServer) -> Outcome {
    while true {
      let isOver = events[0].fd < 0
      // All that a process writes comes before its end, so that nothing is to be waited for then.
      if isOver, deadline <= .now || events.allSatisfy({ $0.fd < 0 }) { break }
      let ready = unsafe poll(&events, nfds_t(events.count), isOver ? 0 : milliseconds)
      if ready > 0 {
        takeOutput(into: &output)
        takeComplaint()
        if let reason = takeReport() { return .refused(reason) }
      } else if ready == 0, isOver {
        break
      } else if ready == 0, deadline <= .now {
        guard isAccepted else { return .unanswered }
        guard !isServerKilled else { break }
        losePatience(with: server)
      }
    }
    guard isAccepted else { return .dropped }
    let complaint = String(decoding: said, as: UTF8.self).onOneLine
    return .ended(ParserEnd(status: status, timedOut: isTimedOut, complaint: complaint))
  }

  /// The time to the deadline for poll, which need not be all of it.
  private var milliseconds: Int32 {
    let left = SuspendingClock.now.duration(to: deadline) / .milliseconds(1)
    return Int32(min(max(0, left.rounded(.up)), Double(1 << 30)))
  }

  /// Ends the process, and where that has not helped the server.
  private mutating func losePatience(with server: ParserServer) {
    if isStopped {
      isServerKilled = true
      server.kill()
    } else {
      // A process that has closed its pipes has nothing to say, but has not used up its time.
      isTimedOut = events[1].fd >= 0 || events[2].fd >= 0
      stop()
    }
    deadline = .now + Self.patience
  }

  /// Has the server kill the process. The report still comes.
  private mutating func stop() {
    isStopped = true
    shutdown(report, Int32(SHUT_WR))
  }

  /// Reads from one of the descriptors that poll found ready.
  ///
  /// - Returns: The number of bytes in the buffer, or nil where there is nothing yet. With zero the
  ///   descriptor is not waited for any more.
  private mutating func read(_ index: Int) -> Int? {
    guard events[index].fd >= 0, events[index].revents != 0 else { return nil }
    let count = unsafe Glibc.read(events[index].fd, &buffer, buffer.count)
    if count < 0, errno == EINTR { return nil }
    if count <= 0 { events[index].fd = -1 }
    return max(0, count)
  }

  private mutating func takeOutput(into output: inout some ParserOutput) {
    guard let count = read(1) else { return }
    if count == 0 {
      notePipes()
    } else if !output.take(buffer[..<count]) {
      events[1].fd = -1
      stop()
      deadline = .now + Self.patience
    }
  }

  private mutating func takeComplaint() {
    guard let count = read(2) else { return }
    if count == 0 { notePipes() }
    said.append(contentsOf: buffer[..<min(count, Self.complaintLimit - said.count)])
  }

  /// Waits for the end but shortly once both pipes are closed.
  private mutating func notePipes() {
    guard events[1].fd < 0, events[2].fd < 0, !isStopped else { return }
    deadline = min(deadline, .now + Self.afterglow)
  }

  /// Reads the report, and gives the reason for which there is no process.
  private mutating func takeReport() -> Errno? {
    guard let count = read(0) else { return nil }
    guard count >= 4 else {
      events[0].fd = -1
      deadline = .now + Self.patience
      return nil
    }
    let number = buffer[..<4].reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
    if isAccepted {
      status = number
      events[0].fd = -1
      deadline = .now + Self.patience
    } else if number == 0 {
      isAccepted = true
      deadline = .now + limit
    } else {
      return Errno(rawValue: number)
    }
    return nil
  }
}
