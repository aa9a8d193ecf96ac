import NIOCore
import TestKit
import Testing

@testable import HarkServer

/// Lines cut out of what comes in pieces.
@Suite struct LineFramerTests {
  private func text(_ frame: LineFramer.Frame?) -> String? {
    if case .line(let line) = frame { String(buffer: line) } else { nil }
  }

  @Test func linesComeOutAsTheyWentInHoweverTheyAreCut() {
    var random = SplitMix(state: 3)
    let lines = (0..<2_000).map { String(repeating: "a", count: $0 % 97 + 1) + "\($0)" }
    let bytes = Array(lines.joined(separator: "\r\n").utf8)
    for longest in [1, 7, 500, 100_000] {
      var framer = LineFramer(limit: 200)
      var found: [String] = []
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + Int.random(in: 1...longest, using: &random))
        var piece = ByteBuffer(bytes: bytes[start..<end])
        framer.append(&piece)
        while let line = text(framer.next()) { found.append(line) }
        start = end
      }
      if let line = text(framer.rest()) { found.append(line) }
      #expect(found == lines)
    }
  }

  /// Reads rarely end where a line ends when a client sends without a pause.
  @Test func anEndlessStreamTakesNoMoreMemoryThanALine() {
    var framer = LineFramer(limit: 200_000)
    let line = String(repeating: "x", count: 99_999) + "\n"
    let pieces = [ByteBuffer(string: String(line.dropFirst(50_000)) + line.prefix(50_000))]
    var piece = ByteBuffer(string: String(line.prefix(50_000)))
    framer.append(&piece)
    let before = residentBytes()
    var count = 0
    for _ in 0..<15_000 {
      var piece = pieces[0]
      framer.append(&piece)
      while framer.next() != nil { count += 1 }
    }
    #expect(count == 15_000)
    // Other tests of this process take memory as well; the stream has 1.5 GB.
    #expect(residentBytes() - before < 512 << 20)
  }
}
