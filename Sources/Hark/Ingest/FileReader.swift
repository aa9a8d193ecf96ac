import Crypto
import Documents
import Foundation
import Machine

/// What reading one file gave.
enum FileOutcome: Sendable {
  /// The file was parsed and cut.
  case prepared(PreparedDocument)
  /// The file could not be read.
  case failed(FailureRecord)
}

/// Reads one file: opens it once, hashes it, has it parsed in a process of its own, and cuts it.
struct FileReader: Sendable {
  let parser: DocumentParser
  let cutter: DocumentCutter

  /// Reads one file. A failure of the file is an outcome.
  ///
  /// - Throws: what concerns the parser program or this process, not the file.
  func read(_ reading: IngestWork.Reading) async throws -> FileOutcome {
    let file = reading.file
    do {
      let opened = try OpenedFile(file)
      let limit = parser.limits.inputBytes
      guard opened.stamp.size <= limit else {
        throw HarkError(
          .init(rawValue: DocumentError.Code.fileTooLarge.rawValue),
          "\(file.name) has \(opened.stamp.size) bytes, more than the limit of \(limit): split it, "
            + "or raise the limit with --max-file-size")
      }
      let sidecar = try Sidecar(of: file)
      let hash = try await WorkerPool.detached { try opened.hash() }
      let document = try await parser.parse(opened.descriptor, name: file.name, as: file.type)
      guard opened.isUntouched else {
        throw HarkError(
          .fileChanged, "\(file.name) was written while it was read: ingest it again")
      }
      let (known, stated) = (opened.stamp, reading.stated)
      return .prepared(
        try await WorkerPool.detached {
          PreparedDocument(
            location: .file(file.name), name: file.fileName, stamp: known, sidecar: sidecar?.stamp,
            contentHash: hash, document: document,
            beside: sidecar?.metadata, stated: stated, cutter: cutter)
        })
    } catch let error as DocumentError where !error.concernsParser {
      let isCrash = error.code == .parserCrashed
      return .failed(reading, HarkError(wrapping: error), crashes: isCrash ? 1 : 0)
    } catch let error as HarkError {
      return .failed(reading, error, crashes: 0)
    }
  }
}

extension FileOutcome {
  fileprivate static func failed(
    _ reading: IngestWork.Reading, _ error: HarkError, crashes: Int
  ) -> FileOutcome {
    .failed(
      FailureRecord(
        path: reading.file.name, stamp: reading.file.stamp, sidecar: reading.file.sidecar,
        code: error.code.rawValue,
        message: error.message, crashes: crashes > 0 ? reading.crashes + crashes : 0))
  }
}

extension DocumentError {
  /// Whether no file at all can be parsed, for the parser program is missing or the work canceled.
  var concernsParser: Bool { code == .parserMissing || code == .cancelled }
}

/// The metadata that lies beside a file, in `NAME.meta.json`.
private struct Sidecar {
  /// The most bytes that are read.
  private static let limit = 1 << 20

  let stamp: FileStamp
  let metadata: DocumentMetadata

  /// Reads the sidecar of a file; nil where there is none.
  ///
  /// - Throws: `metadata-invalid`.
  init?(of file: ScannedFile) throws(HarkError) {
    guard let stamp = file.sidecar else { return nil }
    self.stamp = stamp
    let path = "\(file.name).meta.json"
    guard stamp.size <= Self.limit else {
      throw HarkError(
        .metadataInvalid, "\(path) has \(stamp.size) bytes, and \(Self.limit) are the limit")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarkError(
        .metadataInvalid, "\(path) cannot be read: check its permissions, or remove it")
    }
    metadata = try DocumentMetadata(json: data, source: path)
  }
}
