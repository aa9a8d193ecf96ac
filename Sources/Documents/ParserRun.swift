import CConfinement
import Glibc
import Synchronization
import SystemPackage

/// One run of the parser: a process of its own, from the request to the status that it leaves.
final class ParserRun: Sendable {
  /// The socket on which the server reports of the process. To close it, or one direction of it,
  /// is to end the process.
  private struct Report: ~Copyable {
    var socket: OwnedDescriptor?
    var isCancelled = false
  }

  private let service: ParserService
  /// What the process is told, as on a command line.
  private let arguments: [String]
  /// Its standard input, which is the caller's.
  private let input: FileDescriptor
  /// Seconds of wall time for the server to take the request, and then for the process to end.
  private let seconds: Int
  private let report = Mutex(Report())

  init(_ arguments: [String], input: FileDescriptor, seconds: Int, service: ParserService) {
    self.arguments = arguments
    self.input = input
    self.seconds = seconds
    self.service = service
  }

  /// Runs on a thread of its own, without keeping one of the cooperative pool.
  ///
  /// - Returns: The output with all that the process wrote, and how the process ended.
  /// - Throws: `parser-missing` and `canceled`.
  func perform<Output: ParserOutput>(
    into output: Output
  ) async throws(DocumentError) -> (output: Output, end: ParserEnd) {
    let result: Result<(Output, ParserEnd), DocumentError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let refused = DetachedThread.start {
          var output = output
          do throws(DocumentError) {
            let end = try self.run(into: &output)
            continuation.resume(returning: .success((output, end)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
        if refused != 0 {
          let error = self.service.cannotStart(Errno(rawValue: refused))
          continuation.resume(returning: .failure(error))
        }
      }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  /// Has the server kill the process, and waits no longer for it.
  private func cancel() {
    report.withLock { report in
      report.isCancelled = true
      // Closing is for the thread that waits, lest it waits for a descriptor of somebody else.
      if let number = report.socket?.number { shutdown(number, Int32(SHUT_RDWR)) }
    }
  }

  /// Runs on the thread that calls it.
  private func run(into output: inout some ParserOutput) throws(DocumentError) -> ParserEnd {
    // A server that died before it took the request knows nothing of it, and another one may.
    for _ in 0..<2 {
      let server = try service.current()
      let outcome: ParserWatch.Outcome
      do throws(Errno) {
        outcome = try attempt(server, into: &output)
      } catch {
        throw service.cannotStart(error)
      }
      report.withLock { $0.socket = nil }
      guard !report.withLock({ $0.isCancelled }) else { throw Self.cancelled }
      switch outcome {
      case .ended(let end):
        // Processes of one server have their memory laid out alike. Where one crashes, somebody
        // may be trying to find out how.
        if end.isCrash { service.retire(server) }
        return end
      case .refused(let reason):
        throw service.cannotStart(reason)
      case .unanswered:
        service.retire(server)
        server.kill()
        throw service.misfit("did not answer within \(seconds) s")
      case .dropped:
        service.retire(server)
        if let reason = server.failure { throw service.cannotStart(reason) }
        // It may have closed its socket and live on.
        server.kill()
      }
    }
    throw service.misfit("takes no requests")
  }

  private static let cancelled = DocumentError(.cancelled, "Parsing was canceled.")

  /// Asks a server for a process, and waits until that has ended.
  ///
  /// - Throws: The reason for which the system has no pipe or socket.
  private func attempt(
    _ server: ParserServer, into result: inout some ParserOutput
  ) throws(Errno) -> ParserWatch.Outcome {
    let output = try DescriptorPair.pipe()
    let complaint = try DescriptorPair.pipe()
    let report = try DescriptorPair.packetSockets()
    var watch = ParserWatch(
      report: report.near.number, output: output.near, complaint: complaint.near, seconds: seconds)
    var near: OwnedDescriptor? = report.near
    let isCancelled = self.report.withLock { state in
      state.socket = near.take()
      return state.isCancelled
    }
    let descriptors = [
      input.rawValue, output.far.number, complaint.far.number, report.far.number,
    ]
    guard !isCancelled, try watch.send(arguments, descriptors, to: server.socket) else {
      return .dropped
    }
    // Once the process alone has these ends, its own end closes them.
    output.far.close()
    complaint.far.close()
    report.far.close()
    return watch.wait(into: &result, server: server)
  }
}
