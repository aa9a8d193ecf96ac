import Foundation
import Testing

@testable import Hark
@testable import HarkCommand

@Suite struct AnswerTests {
  @Test func errorsNameTheirCode() {
    let answer = Answer(HarkError(.storeMissing, "there is no store at /a\u{1B}b"), asJSON: false)
    #expect(answer.output == "")
    #expect(answer.errors == "hark: there is no store at /a\u{FFFD}b [store-missing]\n")
    #expect(answer.status == .failure)
  }

  @Test func errorsAsJSONGoToStandardOutput() {
    let answer = Answer(HarkError(.storeMissing, "no \"store\" at /a/b"), asJSON: true)
    #expect(
      answer.output
        == #"{"error":{"code":"store-missing","message":"no \"store\" at /a/b"}}"# + "\n")
    #expect(answer.errors == "")
  }

  @Test(arguments: [false, true])
  func aLockedStoreHasACodeOfItsOwn(json: Bool) {
    #expect(Answer(HarkError(.storeLocked, "busy"), asJSON: json).status == .locked)
  }

  @Test func jsonIsOneLineThatNoTerminalObeys() throws {
    let line = try JSONLine.encode(["b": "a/b\n\u{1B}\u{7F}\u{9B}é", "a": "출장"])
    #expect(line == #"{"a":"출장","b":"a/b\n\u001b\u007f\u009bé"}"# + "\n")
    let decoded = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(decoded["b"] == "a/b\n\u{1B}\u{7F}\u{9B}é")
  }

  @Test func exitCodesAreThoseOfTheReference() {
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 130])
  }
}
