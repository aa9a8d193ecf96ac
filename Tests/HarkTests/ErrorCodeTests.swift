import Documents
import Embedding
import Foundation
import Machine
import TestKit
import Testing
import VectorIndex

@testable import Hark

@Suite struct ErrorCodeTests {
  /// Every code that can reach a user stands in docs/errors.md.
  @Test func allCodesAreDocumented() throws {
    let page = try String(
      contentsOf: TestData.packageRoot.appending(path: "docs/errors.md"), encoding: .utf8)
    let codes =
      MachineError.Code.allCases.filter { $0 != .fileLocked }.map(\.rawValue)
      + IndexError.Code.allCases.map(\.rawValue) + EmbeddingError.Code.allCases.map(\.rawValue)
      + DocumentError.Code.allCases.map(\.rawValue)
      + [
        HarkError.Code.storeUnavailable, .storeMissing, .storeTooNew, .catalogDamaged,
        .storeLocked, .diskFull, .modelMissing, .modelMismatch, .invalidArgument, .pathMissing,
        .documentMissing, .evaluationInvalid, .filterInvalid, .metadataInvalid, .fileChanged,
        .collectionMissing,
        .collectionExists, .taskMissing, .taskEnded, .chunkMissing, .chatMissing, .chatAnswered,
        .requestKeyReused, .canceled, .unexpected,
      ].map(\.rawValue)
      + [
        "root-empty", "prune-refused", "ignore-file-unreadable", "watch-failed", "chunks-invalid",
        "chunks-orphaned", "file-differs", "task-interrupted",
      ]
    for code in codes { #expect(page.contains("`\(code)`"), "\(code)") }
  }

  @Test func aLockIsTheStoresLock() {
    let error = HarkError(wrapping: MachineError(code: .fileLocked, message: "held"))
    #expect(error.code == .storeLocked)
    #expect(error.description == "held [store-locked]")
  }
}
