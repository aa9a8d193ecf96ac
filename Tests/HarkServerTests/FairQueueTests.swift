import TestKit
import Testing

@testable import HarkServer

/// The queue that serves its owners in turn.
@Suite struct FairQueueTests {
  @Test func ownersTakeTurns() {
    var queue = FairQueue<String, Int>()
    for element in 1...3 { queue.append(element, of: "a") }
    for element in 11...12 { queue.append(element, of: "b") }
    queue.append(21, of: "c")
    #expect(queue.count == 6)
    var order: [Int] = []
    while let element = queue.popFirst() { order.append(element) }
    #expect(order == [1, 11, 21, 2, 12, 3])
    #expect(queue.count == 0)
  }

  @Test func ownersPassedOverKeepTheirTurn() {
    var queue = FairQueue<String, Int>()
    for element in 1...2 { queue.append(element, of: "a") }
    for element in 11...13 { queue.append(element, of: "b") }
    #expect(queue.popFirst { $0 == "c" } == nil)
    #expect(queue.popFirst { $0 == "b" } == 11)
    #expect(queue.count == 4)
    #expect([queue.popFirst(), queue.popFirst(), queue.popFirst()] == [1, 12, 2])
    #expect(queue.popFirst { $0 == "a" } == nil)
    #expect(queue.popFirst() == 13)
  }

  @Test func elementsMayBeTakenOut() {
    var queue = FairQueue<String, Int>()
    for element in 1...3 { queue.append(element, of: "a") }
    queue.append(11, of: "b")
    #expect(queue.remove(of: "a") { $0 == 2 } == 2)
    #expect(queue.remove(of: "a") { $0 == 2 } == nil)
    #expect(queue.remove(of: "c") { $0 == 2 } == nil)
    #expect(queue.remove(of: "b") { $0 == 11 } == 11)
    #expect(queue.count == 2)
    queue.append(12, of: "b")
    #expect([queue.popFirst(), queue.popFirst(), queue.popFirst()] == [1, 12, 3])
    #expect(queue.popFirst() == nil)
  }
}
