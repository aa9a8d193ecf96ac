import Foundation
import HarkServer
import TestKit
import Testing

/// The page that lists the codes of errors.
@Suite struct ErrorPageTests {
  private let page: String

  init() throws {
    page = try String(
      contentsOf: TestData.packageRoot.appending(path: "docs/errors.md"), encoding: .utf8)
  }

  @Test(arguments: ServerError.Code.allCases) func namesWhatKeepsAServerFromStarting(
    _ code: ServerError.Code
  ) {
    #expect(page.contains("`\(code.rawValue)`"))
  }

  @Test(arguments: [
    RPCError.parseError(""), .invalidRequest(""), .methodNotFound(""), .invalidParams(""), .busy(),
    .deadlineExceeded, .tooLarge(0), .canceled, .shuttingDown,
    .peerRefused(Peer(uid: 0, gid: 0, pid: 0)), .tooSlow,
  ]) func namesWhatARequestMayMeet(_ error: RPCError) {
    #expect(page.contains("`\(error.data.code)` (\(error.code))"))
  }
}
