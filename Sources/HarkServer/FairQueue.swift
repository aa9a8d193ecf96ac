import NIOCore

/// A queue that serves its owners in turn, however much each of them has put in.
///
/// Elements of one owner leave in the order in which they came.
struct FairQueue<Owner: Hashable, Element> {
  private var elements: [Owner: CircularBuffer<Element>] = [:]
  /// The owners of the elements; the first one is served next.
  private var turns = CircularBuffer<Owner>()
  /// How many elements wait.
  private(set) var count = 0

  /// Puts an element behind the others of its owner. O(1), amortized.
  mutating func append(_ element: Element, of owner: Owner) {
    if elements[owner] == nil { turns.append(owner) }
    elements[owner, default: CircularBuffer()].append(element)
    count += 1
  }

  /// Takes the first element of the first owner that may be served; those passed over keep their
  /// turn. Gives nil if there is none. O(owners), and O(1) where the first one may be served.
  mutating func popFirst(where mayBeServed: (Owner) -> Bool = { _ in true }) -> Element? {
    guard let turn = turns.firstIndex(where: mayBeServed) else { return nil }
    let owner = turns.remove(at: turn)
    let element = elements[owner]?.popFirst()
    count -= 1
    if elements[owner]?.isEmpty == true { elements[owner] = nil } else { turns.append(owner) }
    return element
  }

  /// Takes out the first element of an owner that fits. O(elements of the owner + owners).
  mutating func remove(of owner: Owner, where fits: (Element) -> Bool) -> Element? {
    guard let index = elements[owner]?.firstIndex(where: fits) else { return nil }
    let element = elements[owner]?.remove(at: index)
    count -= 1
    if elements[owner]?.isEmpty == true {
      elements[owner] = nil
      turns.removeAll { $0 == owner }
    }
    return element
  }
}
