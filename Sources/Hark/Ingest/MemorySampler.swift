import Foundation
import Glibc
import Synchronization
import SystemPackage

/// Follows the memory of this process and all that descend from it together.
///
/// What counts is memory of their own: pages of mapped files, which the system can drop at any
/// time, are left out. The figure is sampled ten times a second from /proc and so may miss a short
/// peak.
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
    return peak.load(ordering: .relaxed)
  }

  private func sample() {
    var sum: Int64 = 0
    var processes = ["self"]
    while let process = processes.popLast() {
      sum += Self.ownMemory(process)
      processes += Self.children(of: process)
    }
    peak.max(sum, ordering: .relaxed)
  }

  /// The resident bytes of a process that are not of files: the second number of its statm less
  /// the third, in pages.
  private static func ownMemory(_ process: String) -> Int64 {
    guard let fields = contents("/proc/\(process)/statm")?.split(separator: " "), fields.count > 2,
      let resident = Int64(fields[1]), let shared = Int64(fields[2])
    else { return 0 }
    return max(0, resident - shared) * Int64(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The children that any thread of a process has started.
  private static func children(of process: String) -> [String] {
    let tasks = "/proc/\(process)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.flatMap { thread in
      (contents("\(tasks)/\(thread)/children") ?? "").split(separator: " ").map(String.init)
    }
  }

  /// The first 64 KiB of a file of /proc. Foundation leaks a page with each file that says it is
  /// empty, as those do (Swift 6.3).
  private static func contents(_ path: String) -> String? {
    guard let file = try? unsafe FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe bytes.withUnsafeMutableBytes { try? unsafe file.read(into: $0) }
    return count.map { String(decoding: bytes.prefix($0), as: UTF8.self) }
  }
}
