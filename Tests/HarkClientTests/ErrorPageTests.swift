import Foundation
import HarkClient
import TestKit
import Testing

/// The page that lists the codes of errors.
@Suite struct ErrorPageTests {
  @Test func namesTheCodesThatTheClientHas() throws {
    let page = try String(
      contentsOf: TestData.packageRoot.appending(path: "docs/errors.md"), encoding: .utf8)
    for code in [
      HarkClientError.Code.connectionFailed, .connectionLost, .answerMalformed, .timedOut,
      .clientClosed, .canceled, .busy, .deadlineExceeded, .tooLarge, .shuttingDown, .methodNotFound,
      .forbidden, .invalidParams, .invalidArgument, .storeLocked, .documentMissing, .chunkMissing,
      .collectionMissing, .taskMissing, .chatMissing, .chatAnswered, .requestKeyReused, .unexpected,
    ] {
      #expect(page.contains("`\(code)`"), "\(code)")
    }
  }

  @Test func anErrorSaysAllOnOneLine() {
    let error = HarkClientError(.busy, "Too many.", hint: "Ask again later.")
    #expect("\(error)" == "Too many. Ask again later. [busy]")
    #expect("\(HarkClientError(.timedOut, "Over."))" == "Over. [timed-out]")
  }
}
