internal import Synchronization

/// Faults of the file system at a chosen step, for tests of what a crash leaves behind.
///
/// Within ``$current`` every step that changes a file or a folder asks first. From the chosen step
/// on all of them fail, as nothing is done any more once a process was killed; the last write before
/// is done by half.
package final class FileFaults: Sendable {
  /// The faults of the running task; none outside of tests.
  @TaskLocal package static var current: FileFaults?

  private let left: Atomic<Int>

  /// Lets so many steps succeed.
  package init(after steps: Int) { left = Atomic(steps) }

  /// Whether all steps were done.
  package var isSpent: Bool { left.load(ordering: .relaxed) < 0 }

  /// Counts a step.
  ///
  /// - Returns: how many of `bytes` may be written; nil where the step fails.
  static func permit(writing bytes: Int = 0) -> Int? {
    guard let faults = current else { return bytes }
    let left = faults.left.subtract(1, ordering: .relaxed).newValue
    if left < 0 { return nil }
    return left == 0 ? bytes / 2 : bytes
  }
}
