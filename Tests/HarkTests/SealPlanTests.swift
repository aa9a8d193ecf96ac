import Testing

@testable import Hark

@Suite struct SealPlanTests {
  private func row(_ id: Int64, _ chunks: ClosedRange<Int64>) -> SegmentRow {
    SegmentRow(
      id: id, fileName: "\(id).hark", generation: id, chunks: chunks,
      vectorCount: chunks.count, fileBytes: 0, postingsName: nil)
  }

  @Test func nothingToDo() {
    #expect(SealPlan(segments: [], tail: 0, masks: []) == nil)
    #expect(SealPlan(segments: [row(1, 1...100)], tail: 0, masks: [3]) == nil)
  }

  @Test func aSmallTailLeavesLargeSegmentsAlone() throws {
    let segments = [row(1, 1...1000), row(2, 1001...1100)]
    let plan = try #require(SealPlan(segments: segments, tail: 10, masks: []))
    #expect(plan.runs == [.init(replaced: [], chunks: 1101...Int64.max)])
  }

  @Test func sizesDouble() throws {
    let segments = [row(1, 1...1000), row(2, 1001...1100)]
    let plan = try #require(SealPlan(segments: segments, tail: 60, masks: []))
    #expect(plan.runs.map { $0.replaced.map(\.id) } == [[2]])
    let greater = try #require(SealPlan(segments: segments, tail: 600, masks: []))
    #expect(greater.runs.map { $0.replaced.map(\.id) } == [[1, 2]])
  }

  @Test func wornSegmentsAreBuiltAnew() throws {
    let segments = [row(1, 1...100), row(2, 101...120)]
    let plan = try #require(SealPlan(segments: segments, tail: 0, masks: Set(1...30)))
    #expect(plan.runs == [.init(replaced: [segments[0]], chunks: 1...100)])
    let both = try #require(SealPlan(segments: segments, tail: 5, masks: Set(1...30)))
    #expect(both.runs.map { $0.replaced.map(\.id) } == [[1], []])
  }

  /// In the midst of a long ingest small segments stay; its end takes them in, even without a tail.
  @Test func mergingWaitsForTheEnd() throws {
    let segments = [row(1, 1...100), row(2, 101...200), row(3, 201...300)]
    let midst = try #require(SealPlan(segments: segments, tail: 90, masks: [], merging: false))
    #expect(midst.runs.map { $0.replaced.map(\.id) } == [[]])
    let end = try #require(SealPlan(segments: segments, tail: 0, masks: []))
    #expect(end.runs == [.init(replaced: segments, chunks: 1...Int64.max)])
  }

  @Test func noSegmentGrowsBeyondTheLargest() throws {
    let large = row(1, 1...Int64(SealPlan.largest))
    let plan = try #require(
      SealPlan(segments: [large], tail: SealPlan.largest, masks: []))
    #expect(plan.runs.map { $0.replaced.map(\.id) } == [[]])
    #expect(SealPlan(segments: [large, large], tail: 0, masks: []) == nil)
  }

  /// Over many seals each vector is built a logarithmic number of times.
  @Test func buildingIsAmortised() {
    var segments: [SegmentRow] = []
    var built = 0
    var next: Int64 = 1
    for round in 0..<1000 {
      let last = next + 9
      guard let plan = SealPlan(segments: segments, tail: 10, masks: []) else { continue }
      guard let run = plan.runs.last else { continue }
      segments.removeLast(run.replaced.count)
      segments.append(row(Int64(round), run.chunks.lowerBound...last))
      built += segments[segments.count - 1].vectorCount
      next = last + 1
    }
    #expect(segments.count < 20)
    #expect(built < 10_000 * 12)
  }
}
