import Dispatch
import Foundation
import Glibc
import Hark

/// Lets an interrupt (Ctrl-C, or a request to terminate) end work in good order.
///
/// The work is canceled, so that it commits what it has and notes its end. Should that take longer
/// than a second, the process ends as it is: a store survives that at any point.
enum Interrupt {
  /// What is said where the work did not end in time.
  static let lateMessage =
    "hark: interrupted: what was committed is kept, and the same command goes on from there "
    + "[canceled]\n"

  /// How long the work may take to end.
  private static let patience = DispatchTimeInterval.milliseconds(900)

  /// Runs a body whose task is canceled by an interrupt.
  static func cancels<T: Sendable>(
    _ body: @escaping @Sendable () async throws(HarkError) -> T
  ) async throws(HarkError) -> T {
    let work = Task { () async -> Result<T, HarkError> in
      do throws(HarkError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    let sources = [SIGINT, SIGTERM].map { number in
      // The source takes the place of the default, which would end the process.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        work.cancel()
        DispatchQueue.global().asyncAfter(deadline: .now() + patience) {
          try? StandardStream.error.write(lateMessage)
          _exit(ExitStatus.interrupted.rawValue)
        }
      }
      source.resume()
      return source
    }
    defer { withExtendedLifetime(sources) {} }
    return try await work.value.get()
  }

  /// Runs a body and then waits for an interrupt, which may come meanwhile and ends nothing by
  /// itself.
  static func awaits(
    after body: () async throws(HarkError) -> Void
  ) async throws(HarkError) {
    let (interrupts, continuation) = AsyncStream<Void>.makeStream()
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
    try await body()
    for await _ in interrupts { break }
    withExtendedLifetime(sources) {}
  }
}
