import Crypto
import Documents
import Foundation
import Machine

/// What reading one file gave.
enum FileOutcome: Sendable {
  /// The catalog holds this content already; at most the file's stamp is new.
  case unchanged(KnownFile, modified: Int64)
  /// The file was parsed and cut.
  case prepared(PreparedDocument)
  /// The file could not be read.
  case failed(IngestFailure)
}

/// Reads one file: opens it once, hashes it, has it parsed in a process of its own, and cuts it.
struct FileReader: Sendable {
  let catalog: Catalog
  let parser: DocumentParser
  let chunker: Chunker

  /// Reads one file. A failure of the file is an outcome.
  ///
  /// - Throws: what concerns the store, the parser program or this process, not the file.
  func read(_ file: FoundFile) async throws -> FileOutcome {
    let known = try catalog.knownFile(file.name)
    if let known, known.fileSize == file.size, known.modified == file.modified {
      return .unchanged(known, modified: file.modified)
    }
    do {
      let opened = try OpenedFile(file)
      let limit = parser.limits.inputBytes
      guard opened.size <= limit else {
        return .failed(
          file, DocumentError(.fileTooLarge, Self.tooLarge(file, opened.size, limit: limit)))
      }
      let hash = try await WorkerPool.detached { try opened.hash() }
      if let known, known.contentHash == hash {
        return .unchanged(known, modified: opened.modified)
      }
      let document = try await parser.parse(opened.descriptor, name: file.name, as: file.type)
      guard opened.isUntouched else {
        return .failed(
          IngestFailure(
            filePath: file.name, code: "file-changed",
            message: "\(file.name) was written while it was read: ingest it again"))
      }
      return .prepared(
        try await WorkerPool.detached {
          PreparedDocument(
            path: file.name, fileSize: opened.size, modified: opened.modified, contentHash: hash,
            document: document, chunker: chunker)
        })
    } catch let error as DocumentError where !error.concernsParser {
      return .failed(file, error)
    }
  }

  private static func tooLarge(_ file: FoundFile, _ size: Int64, limit: Int) -> String {
    "\(file.name) has \(size) bytes, more than the limit of \(limit): split it, or raise the limit "
      + "with --max-file-size"
  }
}

extension FileOutcome {
  fileprivate static func failed(_ file: FoundFile, _ error: DocumentError) -> FileOutcome {
    .failed(IngestFailure(filePath: file.name, code: error.code.rawValue, message: error.message))
  }
}

extension DocumentError {
  /// Whether no file at all can be parsed, for the parser program is missing or the work canceled.
  fileprivate var concernsParser: Bool { code == .parserMissing || code == .cancelled }
}

extension PreparedDocument {
  /// Cuts a document into chunks; their vectors are still empty.
  ///
  /// - Complexity: O(*n*) in the length of the text.
  init(
    path: String, fileSize: Int64, modified: Int64, contentHash: Data, document: Document,
    chunker: Chunker
  ) {
    var scalars = ScalarOffsets(document.text)
    let chunks = chunker.chunks(of: document).map { chunk in
      let embedded = Self.embeddedText(of: chunk, title: document.title, chunker)
      return PreparedChunk(
        chunk: chunk, embeddedText: embedded,
        contentHash: Data(SHA256.hash(data: Data(embedded.utf8))),
        scalars: scalars.range(of: chunk.range), embedding: Data())
    }
    self.init(
      path: path, fileSize: fileSize, modified: modified, contentHash: contentHash,
      document: document, chunks: chunks)
  }
}

extension PreparedDocument {
  /// The text of a chunk behind the titles above it, without which a passage such as “Up to ten
  /// days” could stand in any document. Outer titles are left out where the model's limit asks for
  /// it: it is the chunk that must be read whole.
  private static func embeddedText(of chunk: Chunk, title: String?, _ chunker: Chunker) -> String {
    var titles = chunk.headingPath
    if let title, titles.first != title { titles.insert(title, at: 0) }
    // A chunk that begins with its own heading says it already.
    if let last = titles.last, chunk.text.hasPrefix(last) { titles.removeLast() }
    while !titles.isEmpty {
      let context = titles.joined(separator: " > ") + "\n"
      if chunk.tokenCount + chunker.countTokens(context[...]) <= chunker.options.limitTokens {
        return context + chunk.text
      }
      titles.removeFirst()
    }
    return chunk.text
  }
}

/// Turns UTF-8 offsets into offsets of Unicode scalars.
///
/// Offsets asked for in ascending order cost one pass over the text in all; an earlier offset
/// is reached by walking back.
struct ScalarOffsets {
  private let utf8: String.UTF8View
  private var index: String.UTF8View.Index
  private var bytes = 0
  private var scalars = 0

  /// - Parameter text: the text in which offsets are asked for.
  init(_ text: String) {
    utf8 = text.utf8
    index = utf8.startIndex
  }

  /// The range in scalars of a range in bytes that lies between scalars of the text.
  mutating func range(of range: Range<Int>) -> Range<Int> {
    let lower = offset(of: range.lowerBound)
    return lower..<max(lower, offset(of: range.upperBound))
  }

  private mutating func offset(of byte: Int) -> Int {
    while bytes < byte, index != utf8.endIndex {
      if !UTF8.isContinuation(utf8[index]) { scalars += 1 }
      index = utf8.index(after: index)
      bytes += 1
    }
    while bytes > byte {
      index = utf8.index(before: index)
      bytes -= 1
      if !UTF8.isContinuation(utf8[index]) { scalars -= 1 }
    }
    return scalars
  }
}
