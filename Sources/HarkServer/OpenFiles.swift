import Glibc

/// How many files the process may have open: each connection is one.
enum OpenFiles {
  /// What the rest of the process may need.
  private static let others = 256

  /// Raises the soft limit of the process, as far as the hard one lets it.
  ///
  /// - Returns: How many of the connections wanted there is room for.
  static func makeRoom(for connections: Int) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return connections
    }
    let wanted = rlim_t(connections + others)
    if limit.rlim_cur < wanted {
      var raised = limit
      raised.rlim_cur = min(wanted, limit.rlim_max)
      if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
        limit = raised
      }
    }
    guard limit.rlim_cur < wanted else { return connections }
    return max(1, Int(limit.rlim_cur) - others)
  }
}
