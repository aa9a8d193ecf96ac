import Glibc

/// The system's lists of users and groups.
enum UserDatabase {
  /// The id of a user by name.
  static func user(_ name: String) -> UInt32? {
    var entry = unsafe passwd()
    let isFound = unsafe lookUp { buffer, size in
      var found: UnsafeMutablePointer<passwd>?
      let reason = unsafe getpwnam_r(name, &entry, buffer, size, &found)
      return unsafe (reason, found != nil)
    }
    return isFound ? unsafe entry.pw_uid : nil
  }

  /// The id of a group by name.
  static func group(_ name: String) -> UInt32? {
    var entry = unsafe Glibc.group()
    let isFound = unsafe lookUp { buffer, size in
      var found: UnsafeMutablePointer<Glibc.group>?
      let reason = unsafe getgrnam_r(name, &entry, buffer, size, &found)
      return unsafe (reason, found != nil)
    }
    return isFound ? unsafe entry.gr_gid : nil
  }

  /// The ids of the groups that a user is a member of; none for an unknown user.
  static func groups(of user: UInt32) -> Set<UInt32> {
    var groups: Set<UInt32> = []
    _ = unsafe lookUp { buffer, size in
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      let reason = unsafe getpwuid_r(user, &entry, buffer, size, &found)
      guard unsafe reason == 0 && found != nil else { return (reason, false) }
      var count: Int32 = 1_024
      var ids = [UInt32](repeating: 0, count: Int(count))
      if unsafe getgrouplist(entry.pw_name, entry.pw_gid, &ids, &count) >= 0 {
        groups = Set(ids.prefix(Int(count)))
      }
      return (0, true)
    }
    return groups
  }

  /// Calls `body` with more and more room for the texts of an entry, while it says that there is
  /// too little.
  ///
  /// - Returns: whether `body` found the entry.
  private static func lookUp(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> (reason: Int32, isFound: Bool)
  ) -> Bool {
    for size in [4 << 10, 64 << 10, 1 << 20] {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { unsafe buffer.deallocate() }
      let (reason, isFound) = unsafe body(buffer, size)
      if reason != ERANGE { return isFound }
    }
    return false
  }
}
