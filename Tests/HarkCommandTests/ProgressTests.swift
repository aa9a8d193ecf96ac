import Synchronization
import Testing

@testable import Hark
@testable import HarkCommand

@Suite struct ProgressTests {
  static func progress(
    _ phase: IngestProgress.Phase = .ingesting, files: Int = 0, chunks: Int = 0, bytes: Int64 = 0
  ) -> IngestProgress {
    IngestProgress(
      phase: phase, filesDone: files, filesTotal: 1_480, chunksDone: chunks, bytesDone: bytes,
      bytesTotal: 1_000_000, chunksPending: 0)
  }

  static func meter() -> ProgressMeter {
    var meter = ProgressMeter()
    meter.update(progress(.scanning), at: 100)
    meter.update(progress(), at: 101)
    meter.update(progress(files: 120, chunks: 3_410, bytes: 250_000), at: 121)
    return meter
  }

  @Test func meterTellsRateAndTimeLeft() {
    let meter = Self.meter()
    #expect(meter.chunksPerSecond == 170.5)
    #expect(meter.secondsLeft == 60)
  }

  @Test func rateForgetsWhatIsLongAgo() throws {
    var meter = ProgressMeter()
    for second in 0...60 {
      let chunks = second < 30 ? second * 100 : 3_000 + (second - 30) * 10
      meter.update(Self.progress(chunks: chunks, bytes: Int64(second)), at: Double(second))
    }
    let rate = try #require(meter.chunksPerSecond)
    #expect(abs(rate - 10) < 0.001)
  }

  @Test func meterOfNothingTellsNothing() {
    var meter = ProgressMeter()
    meter.update(Self.progress(), at: 0)
    meter.update(Self.progress(), at: 30)
    #expect(meter.secondsLeft == nil)
    #expect(meter.chunksPerSecond == 0)
    var empty = Self.progress()
    (empty.bytesTotal, empty.filesTotal) = (0, 0)
    #expect(ProgressMeter.share(of: empty) == 0)
  }

  @Test func plainLines() {
    #expect(
      ProgressLine(meter: Self.meter()).plain
        == "120 of 1,480 files, 3,410 chunks, 170 chunks/s, 1 min 0 s left")
    var meter = ProgressMeter()
    meter.update(Self.progress(.scanning), at: 0)
    #expect(ProgressLine(meter: meter).plain == "scanning: 1,480 files found")
    meter.update(Self.progress(.indexing, chunks: 1), at: 0)
    #expect(ProgressLine(meter: meter).plain == "building the index: 1 chunk")
  }

  @Test(arguments: [
    (
      100,
      "[#######.......................]  120 of 1,480 files  3,410 chunks  170 chunks/s  1 min 0 s left"
    ),
    (80, "[###...........]  120 of 1,480 files  3,410 chunks  170 chunks/s  1 min 0 s left"),
    (70, "120 of 1,480 files  3,410 chunks  170 chunks/s  1 min 0 s left"),
    (60, "[##........]  120 of 1,480 files  3,410 chunks  170 chunks/s"),
    (30, "[##......]  120 of 1,480 files"),
    (10, "120 of 1,4"),
  ])
  func barFitsTheTerminal(columns: Int, line: String) {
    let bar = ProgressLine(meter: Self.meter()).bar(columns: columns)
    #expect(bar == line)
    #expect(DisplayText.columns(bar) <= columns)
  }

  /// A display that writes to memory.
  private func display(redraws: Bool) -> (ProgressDisplay, @Sendable () -> [String]) {
    final class Written: Sendable { let lines = Mutex<[String]>([]) }
    let written = Written()
    let display = ProgressDisplay(
      redraws: redraws, columns: { 41 },
      write: { text in written.lines.withLock { $0.append(text) } })
    return (display, { written.lines.withLock { $0 } })
  }

  @Test func terminalLineIsRedrawnTenTimesASecond() {
    let (display, written) = display(redraws: true)
    for step in 0...1000 {
      display.update(Self.progress(files: step), at: Double(step) / 1000)
    }
    display.finish()
    let lines = written()
    #expect((10...12).contains(lines.count))
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("\r") && $0.hasSuffix("\u{1B}[K") })
    #expect(lines[0] == "\r[..........]  0 of 1,480 files  0 chunks\u{1B}[K")
    #expect(lines.last == "\r\u{1B}[K")
  }

  @Test func logGetsALineEveryFiveSeconds() {
    let (display, written) = display(redraws: false)
    for second in 0...16 {
      display.update(
        Self.progress(files: second, chunks: second * 10, bytes: Int64(second) * 10_000),
        at: Double(second))
    }
    display.finish()
    #expect(
      written() == [
        "hark: 5 of 1,480 files, 50 chunks, 10 chunks/s, 1 min 35 s left\n",
        "hark: 10 of 1,480 files, 100 chunks, 10 chunks/s, 1 min 30 s left\n",
        "hark: 15 of 1,480 files, 150 chunks, 10 chunks/s, 1 min 25 s left\n",
      ])
  }

  @Test func shortRunsLeaveNoLineInALog() {
    let (display, written) = display(redraws: false)
    display.update(Self.progress(), at: 0)
    display.update(Self.progress(.indexing), at: 4)
    display.finish()
    #expect(written() == [])
  }
}
