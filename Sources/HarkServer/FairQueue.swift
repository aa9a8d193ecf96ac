import NIOCore

/// A queue that serves its owners in turn, however much each of them has put in.
///
/// Elements of one owner leave in the order in which they came.
struct FairQueue<Owner: Hashable, Element> {
  private var lanes: [Owner: CircularBuffer<Element>] = [:]
  /// The owners of the lanes; the first one is served next.
  private var turns = CircularBuffer<Owner>()
  /// How many elements wait.
  private(set) var count = 0

  /// Puts an element at the end of its owner's lane. O(1), amortized.
  mutating func append(_ element: Element, of owner: Owner) {
    if lanes[owner] == nil { turns.append(owner) }
    lanes[owner, default: CircularBuffer()].append(element)
    count += 1
  }

  /// Takes the first element of the owner whose turn it is, or gives nil if none waits. O(1).
  mutating func popFirst() -> Element? {
    guard let owner = turns.popFirst(), let element = lanes[owner]?.popFirst() else { return nil }
    count -= 1
    if lanes[owner]?.isEmpty == true { lanes[owner] = nil } else { turns.append(owner) }
    return element
  }

  /// Takes out the first element of an owner that fits. O(elements of the owner + owners).
  mutating func remove(of owner: Owner, where fits: (Element) -> Bool) -> Element? {
    guard let index = lanes[owner]?.firstIndex(where: fits) else { return nil }
    let element = lanes[owner]?.remove(at: index)
    count -= 1
    if lanes[owner]?.isEmpty == true {
      lanes[owner] = nil
      turns.removeAll { $0 == owner }
    }
    return element
  }
}
