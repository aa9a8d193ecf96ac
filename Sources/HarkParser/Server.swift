import CConfinement
import Documents
import Glibc

/// Serves requests: each is the arguments of a run of this program, and is run by a process of its
/// own that is forked from this one, where all libraries are loaded and warm.
///
/// Standard input is a socket of packets. A request is one packet: arguments that end with a zero
/// byte each, and four descriptors: the standard input, output and error of the run, and a socket
/// of packets for its report. The report is two packets with a number of 32 bits each: zero once the
/// process is there, else the error number for which there is none; then the status that it leaves,
/// as of waitpid. Whoever asked ends the run early by closing or shutting down the report. When
/// standard input closes, all runs end, and so does this process.
struct Server {
  /// A process that runs, and the socket where its report goes.
  private struct Child {
    var process: pid_t
    var report: Int32
    var isKilled = false
  }

  private var children: [Child] = []
  /// Becomes readable when a child has ended.
  private let childSignals: Int32

  /// Starts to serve.
  ///
  /// - Returns: In each forked process: the arguments that it is to run with. Never in this one.
  static func serve() -> [String] {
    process_die_with_parent()
    Warmth.gather()
    // Nothing but the thread that calls it lives on in a forked process, and locks of others stay
    // locked there.
    guard threadCount == 1 else {
      StandardError.write("hark-parser: a library has started a thread\n")
      _exit(1)
    }
    var server = Server(childSignals: process_child_signals())
    while true {
      if let arguments = server.turn() { return arguments }
    }
  }

  private init(childSignals: Int32) {
    self.childSignals = childSignals
  }

  /// Waits for one thing to happen, and gives the arguments in a process that was forked for it.
  private mutating func turn() -> [String]? {
    var events = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: childSignals, events: Int16(POLLIN), revents: 0),
    ]
    for child in children {
      // Poll passes over descriptors below zero.
      events.append(
        pollfd(fd: child.isKilled ? -1 : child.report, events: Int16(POLLIN), revents: 0))
    }
    guard unsafe poll(&events, nfds_t(events.count), -1) >= 0 else {
      if errno != EINTR { end() }
      return nil
    }
    // Nobody writes to a report, so that it can only have been closed.
    for (index, event) in events.dropFirst(2).enumerated() where event.revents != 0 {
      process_kill(children[index].process)
      children[index].isKilled = true
    }
    if events[1].revents != 0 { reap() }
    return events[0].revents != 0 ? accept() : nil
  }

  /// Takes the next request and forks a process for it, in which it gives the arguments.
  private mutating func accept() -> [String]? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var descriptors: [Int32] = [-1, -1, -1, -1]
    let count = unsafe descriptors_receive(
      STDIN_FILENO, &bytes, bytes.count, &descriptors, descriptors.count)
    // What is no request has closed its descriptors, which is answer enough.
    if count == -Int(EBADMSG) { return nil }
    guard count > 0 else { end() }
    let process = unsafe process_fork(descriptors)
    if process == 0 {
      return bytes[..<count].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
    for descriptor in descriptors.dropLast() { close(descriptor) }
    Self.tell(process > 0 ? 0 : -process, to: descriptors[3])
    if process > 0 {
      children.append(Child(process: process, report: descriptors[3]))
    } else {
      close(descriptors[3])
    }
    return nil
  }

  /// Reaps the children that have ended, and tells their statuses.
  private mutating func reap() {
    // One signal may stand for several children, and one read may take several signals.
    var signals = [UInt8](repeating: 0, count: 1024)
    _ = unsafe read(childSignals, &signals, signals.count)
    var status: Int32 = 0
    while true {
      let process = unsafe process_reap(&status)
      guard process > 0 else { return }
      guard let index = children.firstIndex(where: { $0.process == process }) else { continue }
      let child = children.remove(at: index)
      Self.tell(status, to: child.report)
      close(child.report)
    }
  }

  /// Ends with all children.
  private func end() -> Never {
    for child in children { process_kill(child.process) }
    while wait(nil) > 0 {}
    _exit(0)
  }

  /// Writes a number to a report. There may be nobody left to read it.
  private static func tell(_ number: Int32, to report: Int32) {
    var number = number
    _ = unsafe send(
      report, &number, MemoryLayout<Int32>.size, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }

  /// The number of threads of this process.
  private static var threadCount: Int {
    guard let folder = unsafe opendir("/proc/self/task") else { return 0 }
    defer { unsafe closedir(folder) }
    var count = 0
    while let entry = unsafe readdir(folder) {
      // The names of the others are their numbers.
      if unsafe entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
  }
}
