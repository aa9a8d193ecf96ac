import Foundation
import Glibc
import Synchronization

/// Follows the resident memory of this process and its children together.
///
/// The figure is sampled ten times a second from /proc and so may miss a short peak of a child;
/// this process's own peak is the kernel's and exact. Pages of mapped files count as they are
/// resident.
final class MemorySampler: Sendable {
  private let peak = Atomic<Int64>(0)
  private let sampling = Mutex<Task<Void, Never>?>(nil)

  /// Begins to sample.
  init() {
    let task = Task.detached { [weak self] in
      while !Task.isCancelled, let sampler = self {
        sampler.sample()
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    sampling.withLock { $0 = task }
  }

  /// Ends sampling and gives the greatest sum seen, in bytes.
  func finish() -> Int64 {
    sampling.withLock { $0?.cancel() }
    sample()
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return max(peak.load(ordering: .relaxed), Int64(usage.ru_maxrss) * 1024)
  }

  private func sample() {
    var sum = Self.resident("self")
    for child in Self.children() { sum += Self.resident(child) }
    peak.max(sum, ordering: .relaxed)
  }

  /// The resident bytes of a process: the second number of its statm, in pages.
  private static func resident(_ process: String) -> Int64 {
    guard let fields = contents("/proc/\(process)/statm")?.split(separator: " "), fields.count > 1,
      let pages = Int64(fields[1])
    else { return 0 }
    return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The children that any thread of this process has started.
  private static func children() -> [String] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return threads.flatMap { thread in
      (contents("/proc/self/task/\(thread)/children") ?? "").split(separator: " ").map(String.init)
    }
  }

  private static func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
