import Synchronization

/// How many bytes the requests of a server hold together, each from its first byte to its end.
///
/// Short requests do not count: they are taken whatever the long ones hold, and the limits on
/// connections and queued requests bound what they hold together.
final class MemoryBudget: Sendable {
  /// How many bytes a short request has at most.
  static let shortBytes = 64 << 10

  private let limit: Int
  private let held = Mutex(0)

  /// Makes the budget of a server, of which nothing is taken. One request always fits.
  init(_ limits: ServerLimits) { limit = max(limits.heldBytes, limits.lineBytes) }

  /// How many bytes are taken.
  var heldBytes: Int { held.withLock { $0 } }

  /// What one request holds. It is given back when nobody refers to it any more.
  final class Share: Sendable {
    private let budget: MemoryBudget
    private let bytes = Mutex(0)

    /// Makes a share that holds nothing yet.
    init(of budget: MemoryBudget) { self.budget = budget }

    deinit { budget.giveBack(bytes.withLock { $0 }) }

    /// Takes as much as a request of a size needs. O(1).
    ///
    /// - Throws: `busy` where others hold too much; the share is as it was then.
    func grow(to size: Int) throws(RPCError) {
      guard size > MemoryBudget.shortBytes else { return }
      let isThere = bytes.withLock { bytes in
        guard size > bytes else { return true }
        guard budget.take(size - bytes) else { return false }
        bytes = size
        return true
      }
      guard isThere else { throw .busy("The requests under way are too long together.") }
    }
  }

  private func take(_ bytes: Int) -> Bool {
    held.withLock { held in
      guard bytes <= limit - held else { return false }
      held += bytes
      return true
    }
  }

  private func giveBack(_ bytes: Int) { held.withLock { $0 -= bytes } }
}
