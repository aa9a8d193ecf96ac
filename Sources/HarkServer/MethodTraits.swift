/// What the server must know of a method before it runs a request.
package struct MethodTraits: Sendable, Hashable {
  /// What the requests of a method take of the server while they run.
  package enum Lane: Sendable, Hashable, CaseIterable {
    /// A search, a read or a small write: it takes one of the places.
    case quick
    /// Much computation, or many files rewritten: it takes one of the places, and all of the lane
    /// take half of them at most, so that quick requests need not wait for them.
    case heavy
    /// A request that only waits and sends notifications: it takes no place. It is never queued,
    /// and ends with the server.
    case waiting
  }

  /// Where the requests run.
  package let lane: Lane
  /// Whether a request runs to its end although the client is gone, as one that writes does.
  ///
  /// It is canceled all the same by the method `cancel`, by its deadline, and by a server that has
  /// stopped and waited long enough.
  package let finishesAfterDisconnect: Bool

  /// Makes the traits of a method.
  package init(lane: Lane = .quick, finishesAfterDisconnect: Bool = false) {
    self.lane = lane
    self.finishesAfterDisconnect = finishesAfterDisconnect
  }
}
