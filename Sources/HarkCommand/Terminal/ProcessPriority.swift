import Foundation
import Glibc

/// The scheduling priority of this process.
enum ProcessPriority {
  /// Lowers the priority of all threads there are; threads and processes that they start inherit
  /// it. What the system refuses is left as it is.
  ///
  /// - Parameter nice: 0 (usual) to 19 (lowest).
  static func lower(to nice: Int) {
    // On Linux a thread has a priority, not a process.
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    for thread in threads.compactMap(UInt32.init) {
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, Int32(clamping: nice))
    }
  }
}
