import Glibc
import TestKit

/// How many files the tests may have open.
enum OpenFilesInTests {
  /// Raises the soft limit, and tells whether that did it.
  static func allow(_ count: Int) -> Bool {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(kind, &limit) == 0, limit.rlim_max >= rlim_t(count) else { return false }
    limit.rlim_cur = max(limit.rlim_cur, rlim_t(count))
    return unsafe setrlimit(kind, &limit) == 0
  }
}
