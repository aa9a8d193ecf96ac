import Foundation
import HarkServer
import TestKit
import Testing

/// Random damage to requests: nothing that comes in may end the server or silence it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FuzzTests {
  private static let seeds = [
    request(1, "echo", #"{"q":"한글 \u00e9\n","deadline_ms":50,"a":[1,-2.5e3,true,null]}"#),
    request(2, "count", #"{"n":3}"#), request(3, "fail"), request(4, "cancel", #"{"id":1}"#),
    #"[{"jsonrpc":"2.0","id":1,"method":"echo"}]"#, #"{"jsonrpc":"2.0","method":"echo"}"#,
    request(5, "echo", String(repeating: "[", count: 63) + String(repeating: "]", count: 63)),
  ]

  private static let marks = Array("{}[]\",:\\0e-".utf8)

  private func mutated(_ text: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard let index = bytes.indices.randomElement(using: &random) else { break }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(Self.marks.randomElement(using: &random) ?? 0, at: index)
      case 4: bytes.removeSubrange(index..<Int.random(in: index...bytes.count, using: &random))
      default: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
      }
    }
    return bytes
  }

  @Test func damagedLines() async throws {
    try await Harness.serve { harness in
      try await sendDamagedLines(20_000, seed: 1, to: harness)
      try await check(harness)
    }
  }

  @Test func damagedConnections() async throws {
    var limits = ServerLimits()
    limits.arrival = .milliseconds(200)
    try await Harness.serve(limits) { harness in
      try await sendDamagedConnections(500, seed: 2, to: harness)
      try await check(harness)
    }
  }

  /// A million damaged lines and 50,000 damaged connections to one server, whose memory must not
  /// grow with them.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HARK_SOAK"] == "1"), .timeLimit(.minutes(60)))
  func damagedLinesSoak() async throws {
    try await Harness.serve { harness in
      let start = ContinuousClock.now
      var resident: [Int: Int] = [:]
      for percent in stride(from: 2, through: 100, by: 2) {
        try await sendDamagedLines(20_000, seed: UInt64(percent), to: harness)
        try await sendDamagedConnections(1_000, seed: UInt64(percent), to: harness)
        try await check(harness)
        guard [10, 50, 100].contains(percent) else { continue }
        resident[percent] = residentBytes()
        let time = (ContinuousClock.now - start).formatted(.units(allowed: [.seconds]))
        print("\(percent) % after \(time): \((resident[percent] ?? 0) >> 20) MiB resident")
      }
      let growth = try #require(resident[100]) - #require(resident[10])
      #expect(growth < 32 << 20)
    }
  }

  /// Sends damaged lines, each followed by a request that has to be answered.
  private func sendDamagedLines(
    _ count: Int, seed: UInt64, to harness: Harness
  ) async throws {
    let client = try await harness.client()
    async let answered = Self.answers(of: client, count: count)
    var random = SplitMix(state: seed)
    let ids = 1_000_000..<1_000_000 + count
    for id in ids {
      let seed = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
      let line = mutated(seed, &random).map { $0 == 0x0A ? 0x20 : $0 }
      // The first byte of all chooses the protocol.
      try await client.send(Array("\n".utf8) + line + Array("\n".utf8))
      try await client.sendLine(request(id, "echo", "[\(id)]"))
    }
    #expect(try await answered == Set(ids.map { result($0, "[\($0)]") }))
  }

  /// Opens connections, sends something damaged over each, and closes it.
  private func sendDamagedConnections(
    _ count: Int, seed: UInt64, to harness: Harness
  ) async throws {
    var random = SplitMix(state: seed)
    for _ in 0..<count {
      let body = Self.seeds.randomElement(using: &random) ?? ""
      let http =
        "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
      let text = Bool.random(using: &random) ? body : http + http
      let client = try await harness.client()
      do {
        try await client.send(mutated(Array(text.utf8), &random))
        if Bool.random(using: &random) { client.finishSending() }
      } catch RawClient.Failure.gone {
        // The server has had enough of it.
      }
    }
  }

  /// Finds the server alive, and nothing left in it of what was sent.
  private func check(_ harness: Harness) async throws {
    #expect(try await eventually { harness.service.counts.running == 0 })
    #expect(harness.server.heldBytes == 0)
    #expect(try await harness.isAlive())
  }

  /// Reads until a number of echoes has come, and gives them.
  private static func answers(of client: RawClient, count: Int) async throws -> Set<String> {
    var found: Set<String> = []
    while found.count < count, let line = try await client.line() {
      // Answers to damaged requests are one line of JSON each, whatever they say.
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["jsonrpc"] as? String == "2.0")
      if line.contains(#""id":10"#), line.contains(#""result":[10"#) { found.insert(line) }
    }
    return found
  }
}
