/// The places in which requests run, and who holds them.
///
/// Heavy requests hold half of the places at most, and one connection all but one, so that slow
/// requests keep out neither quick ones nor other clients. A limit never goes below one.
struct Places {
  private let count: Int
  private let heavyLimit: Int
  private let ownerLimit: Int
  private let waitingLimit: Int
  /// How many places quick and heavy requests hold.
  private var held = 0
  private var heavy = 0
  private var owners: [Int: Int] = [:]
  /// How many requests run without a place.
  private var waiting = 0

  /// Makes the places of a server on which nothing runs.
  init(_ limits: ServerLimits) {
    count = max(1, limits.requestsAtOnce)
    heavyLimit = max(1, count / 2)
    ownerLimit = max(1, count - 1)
    waitingLimit = limits.waitingRequests
  }

  /// Whether a request of a connection may run now. O(1).
  func hasRoom(in lane: MethodTraits.Lane, for owner: Int) -> Bool {
    if lane == .waiting { return waiting < waitingLimit }
    return held < count && owners[owner, default: 0] < ownerLimit
      && (lane == .quick || heavy < heavyLimit)
  }

  /// Lets a request of a connection run. O(1).
  mutating func take(in lane: MethodTraits.Lane, for owner: Int) {
    if lane == .waiting {
      waiting += 1
      return
    }
    held += 1
    heavy += lane == .heavy ? 1 : 0
    owners[owner, default: 0] += 1
  }

  /// Takes back what a request held. O(1).
  mutating func free(in lane: MethodTraits.Lane, for owner: Int) {
    if lane == .waiting {
      waiting -= 1
      return
    }
    held -= 1
    heavy -= lane == .heavy ? 1 : 0
    let left = owners[owner, default: 1] - 1
    owners[owner] = left > 0 ? left : nil
  }
}
