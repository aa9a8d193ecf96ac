import Foundation
import TestKit
import Testing

@testable import HarkClient

/// What a line is about, told without decoding it.
@Suite struct LineHeadTests {
  @Test(
    arguments: [
      (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, .answer(1)),
      (#" { "result" : [ { "id" : 7 } , "}" , -1.5e3 , true ] , "id" : 2 } "#, .answer(2)),
      (#"{"result":{"a":"\\\"id\":9,{"},"id":3}"#, .answer(3)),
      (#"{"id":-4}"#, .answer(-4)), (#"{"id":null,"error":{}}"#, .complaint),
      (#"{"id":"1"}"#, .foreign), (#"{"id":1.0}"#, .foreign), (#"{"id":[1]}"#, .foreign),
      (#"{"id":123456789012345678901234567890}"#, .foreign), (#"{"id":true}"#, .foreign),
      (#"{"method":"progress","params":{"id":5}}"#, .notification),
      (#"{"params":{"id":5},"method":"progress"}"#, .notification),
      (#"{"method":"x","id":6}"#, .answer(6)),
      // Cut short behind the id: the decoder finds out.
      (#"{"id":8,"#, .answer(8)), (#"{"id":8"#, .answer(8)),
      (#"{}"#, nil), (#"{"a":1}"#, nil), (#"[]"#, nil), (#"1"#, nil), ("", nil), ("{", nil),
      (#"{"id"}"#, nil), (#"{"id":}"#, nil), (#"{"id":,}"#, nil), (#"{"a":{]}"#, nil),
      (#"{"a":"\"#, nil), (#"{"a" 1}"#, nil), (#"{"a":[[[[}"#, nil), (#"{"a":1 2}"#, nil),
      (#"{"method":"x"} more"#, .notification),
    ] as [(String, LineHead?)])
  func isTold(line: String, expected: LineHead?) {
    #expect(LineHead(Data(line.utf8)) == expected, "\(line)")
  }

  @Test func depthCostsNothing() {
    let depth = 2_000_000
    let line = "{\"result\":" + String(repeating: "[", count: depth)
    #expect(LineHead(Data(line.utf8)) == nil)
    let closed = line + String(repeating: "]", count: depth) + ",\"id\":1}"
    #expect(LineHead(Data(closed.utf8)) == .answer(1))
  }

  /// Lines with bytes changed, taken out and put in: whatever they are, reading them ends.
  @Test func anyBytesAreRead() {
    var random = SplitMix(state: 0x1EAD)
    let seeds = [Samples.turn, Samples.context, Samples.task].map { sample in
      Array(#"{"jsonrpc":"2.0","result":\#(sample),"id":17}"#.utf8)
    }
    let favourites = Array("{}[]\",:\\0n".utf8)
    for _ in 0..<20_000 {
      var line = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = line.indices.randomElement(using: &random) ?? 0
        let byte =
          Bool.random(using: &random)
          ? favourites.randomElement(using: &random) ?? 0
          : UInt8.random(in: 0...255, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: line[place] = byte
        case 1: line.insert(byte, at: place)
        case 2: line.remove(at: place)
        default: line.removeSubrange(place...)
        }
        if line.isEmpty { line = [byte] }
      }
      let data = Data(line)
      let head = LineHead(data)
      // Wherever the whole is an answer, the head was seen.
      if let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
        object.count == 3, object["id"] as? Int == 17, object["result"] != nil
      {
        #expect(head == .answer(17), "\(String(decoding: line, as: UTF8.self))")
      }
      _ = try? Answer<HarkClient.Turn>.value(in: data, of: "chat.get")
      _ = try? Answer<HarkClient.Context>.value(in: data, of: "context")
      _ = try? Answer<HarkClient.TaskRecord>.value(in: data, of: "tasks.get")
    }
  }
}
