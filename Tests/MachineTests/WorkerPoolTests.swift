import Dispatch
import Foundation
import Glibc
import Machine
import Synchronization
import Testing

/// What the items of a run leave behind.
final class RunResults<Value: Sendable>: Sendable {
  private let storage: Mutex<[Value?]>
  init(count: Int) { storage = Mutex(Array(repeating: nil, count: count)) }
  func set(_ index: Int, _ value: Value) { storage.withLock { $0[index] = value } }
  var values: [Value?] { storage.withLock { $0 } }
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [(1, 10), (2, 1), (2, 0), (2, -3), (2, 1000), (4, 3), (16, 10_000)])
  func `Every index is called once`(threads: Int, count: Int) {
    let pool = WorkerPool(threads: threads)
    let calls = Mutex([Int](repeating: 0, count: max(0, count)))
    pool.run(count: count) { index in calls.withLock { $0[index] += 1 } }
    #expect(calls.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test func `A pool of no threads works on the caller`() {
    #expect(WorkerPool(threads: 0).threads == 1)
    #expect(WorkerPool(threads: .min).threads == 1)
    #expect(WorkerPool(threads: .max).threads == 256)
    let calls = Mutex(0)
    WorkerPool(threads: -1).run(count: 5) { _ in calls.withLock { $0 += 1 } }
    #expect(calls.withLock { $0 } == 5)
  }

  @Test(arguments: [1, 3])
  func `A map keeps the order`(threads: Int) {
    let pool = WorkerPool(threads: threads)
    #expect(pool.map(count: 1000) { $0 * $0 } == (0..<1000).map { $0 * $0 })
    #expect(pool.map(count: 3) { $0 == 1 ? nil : $0 } == [0, nil, 2])
    #expect(pool.map(count: 0) { $0 } == [])
  }

  @Test func `Runs nest`() {
    let pool = WorkerPool(threads: 3)
    let calls = Mutex(0)
    pool.run(count: 8) { _ in
      pool.run(count: 8) { _ in
        pool.run(count: 2) { _ in calls.withLock { $0 += 1 } }
      }
    }
    #expect(calls.withLock { $0 } == 128)
  }

  @Test func `A body is not kept after its run`() {
    // The runtime traps when a closure that must not escape is still held.
    let pool = WorkerPool(threads: 4)
    var sum = 0
    for round in 0..<20_000 {
      let counter = Mutex(0)
      pool.run(count: 3) { index in counter.withLock { $0 += index + round } }
      sum += counter.withLock { $0 }
    }
    #expect(sum == (0..<20_000).reduce(0) { $0 + 3 * $1 + 3 })
  }

  @Test func `Runs of several callers share a pool`() async throws {
    let pool = WorkerPool(threads: 2)
    let sums = try await withThrowingTaskGroup(of: Int.self) { group in
      for caller in 0..<8 {
        group.addTask {
          try await WorkerPool.detached {
            let sum = Mutex(0)
            for _ in 0..<50 {
              pool.run(count: 20) { index in sum.withLock { $0 += index + caller } }
            }
            return sum.withLock { $0 }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums.sorted() == (0..<8).map { 50 * (190 + 20 * $0) })
  }

  @Test func `Pools come and go`() {
    for _ in 0..<200 {
      WorkerPool(threads: 3).run(count: 2) { _ in }
    }
  }

  @Test func `Detached work gives its value or its error`() async throws {
    struct Refusal: Error {}
    #expect(try await WorkerPool.detached { 42 } == 42)
    await #expect(throws: Refusal.self) {
      try await WorkerPool.detached { throw Refusal() }
    }
  }

  /// The priorities of the threads that work on a run, each of which has to take one item.
  private func priorities(of pool: WorkerPool) -> [Int32] {
    let (arrived, mayGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    return pool.map(count: pool.threads) { index in
      arrived.signal()
      if index == 0 {
        for _ in 0..<pool.threads { arrived.wait() }
        for _ in 1..<pool.threads { mayGo.signal() }
      } else {
        mayGo.wait()
      }
      return getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
    }
  }

  @Test func `Detached work has the priority of its task`() async throws {
    let usual = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
    let low = min(usual + 5, 19)
    let pool = WorkerPool(threads: 3)
    func found() async throws -> [Int32] {
      try await WorkerPool.detached { priorities(of: pool) }
    }
    #expect(try await found() == [usual, usual, usual])
    let lowered = try await WorkerPool.$nice.withValue(low) {
      async let child = found()
      // A pool that is made here has no other callers to help.
      async let own = WorkerPool.detached { priorities(of: WorkerPool(threads: 2)) }
      return try await [found(), child, own]
    }
    #expect(lowered == [[low, low, low], [low, low, low], [low, low]])
    #expect(try await found() == [usual, usual, usual])
    // Priorities are never raised.
    let raised = try await WorkerPool.$nice.withValue(-5) { try await found() }
    #expect(raised == [usual, usual, usual])
  }

  @Test func `There is at least one core`() {
    #expect(WorkerPool.availableCores >= 1)
  }
}
