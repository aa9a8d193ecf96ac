import Glibc
import HarkServer
import Synchronization

/// A rule of the configuration: what some users and groups may do.
package struct AccessRule: Sendable, Hashable {
  /// The ids of users.
  let users: Set<UInt32>
  /// The ids of groups, any member of which is meant.
  let groups: Set<UInt32>
  /// What they may do, and where.
  let grant: Access.Grant
}

/// Tells what a peer may do.
///
/// Whether a user is a member of a group is looked up in the system's list of groups, and kept for
/// a minute.
final class AccessRoster: Sendable {
  private struct Membership {
    let groups: Set<UInt32>
    let until: ContinuousClock.Instant
  }

  private static let lifetime = Duration.seconds(60)

  private let owner: UInt32
  private let rules: [AccessRule]
  private let memberships = Mutex<[UInt32: Membership]>([:])

  init(owner: UInt32, rules: [AccessRule]) {
    self.owner = owner
    self.rules = rules
  }

  /// What a peer may do: everything, where it is the owner; else what all rules together grant.
  func access(of peer: Peer) -> Access {
    if peer.uid == owner { return .owner }
    return Access(grants: rules.filter { applies($0, to: peer) }.map(\.grant))
  }

  private func applies(_ rule: AccessRule, to peer: Peer) -> Bool {
    if rule.users.contains(peer.uid) || rule.groups.contains(peer.gid) { return true }
    return !rule.groups.isEmpty && !rule.groups.isDisjoint(with: groups(of: peer.uid))
  }

  private func groups(of user: UInt32) -> Set<UInt32> {
    let now = ContinuousClock.now
    let known = memberships.withLock { $0[user] }
    if let known, known.until > now { return known.groups }
    let groups = UserDatabase.groups(of: user)
    memberships.withLock { $0[user] = Membership(groups: groups, until: now + Self.lifetime) }
    return groups
  }
}
