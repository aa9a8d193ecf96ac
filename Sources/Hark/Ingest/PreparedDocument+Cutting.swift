import Crypto
import Documents
import Foundation

extension PreparedDocument {
  /// Cuts a document into chunks; their vectors are still empty.
  ///
  /// - Parameters:
  ///   - document: what parsing gave, with the title and the metadata of the file itself.
  ///   - beside: the metadata of the file's sidecar, which outdoes the file's own.
  ///   - stated: the metadata that was given for this ingest, which outdoes both.
  /// - Complexity: O(*n*) in the length of the text.
  init(
    location: DocumentLocation, name: String, stamp: FileStamp, sidecar: FileStamp?,
    contentHash: Data, document: Document, beside: DocumentMetadata?, stated: DocumentMetadata?,
    cutter: DocumentCutter
  ) {
    var document = document
    var metadata = DocumentMetadata(own: &document)
    if let beside { metadata = metadata.merging(beside) }
    if let stated { metadata = metadata.merging(stated) }
    metadata = metadata.settled
    document.title = metadata.title
    self.init(
      location: location, name: name, stamp: stamp, sidecar: sidecar, contentHash: contentHash,
      document: document, metadata: metadata, stated: stated,
      chunks: cutter.chunks(of: document))
  }

  /// Cuts a document anew that the catalog holds, perhaps by other rules.
  init(_ stored: StoredDocument, cutter: DocumentCutter) {
    self.init(
      location: stored.location, name: stored.name, stamp: stored.stamp, sidecar: stored.sidecar,
      contentHash: stored.contentHash, document: stored.document, metadata: stored.metadata,
      stated: stored.stated, chunks: cutter.chunks(of: stored.document))
  }
}

/// Cuts documents into chunks, and puts their titles before what is embedded.
struct DocumentCutter: Sendable {
  /// What cuts.
  let chunker: Chunker
  /// The tokens that the model takes, titles included.
  let tokenLimit: Int

  /// The chunks of a document in order, without vectors.
  ///
  /// - Complexity: O(*n*) in the length of the text.
  func chunks(of document: Document) -> [PreparedChunk] {
    var scalars = ScalarOffsets(document.text)
    return chunker.chunks(of: document).map { chunk in
      let embedded = embeddedText(of: chunk, title: document.title)
      return PreparedChunk(
        chunk: chunk, embeddedText: embedded,
        contentHash: Data(SHA256.hash(data: Data(embedded.utf8))),
        scalars: scalars.range(of: chunk.range), embedding: Data())
    }
  }

  /// The text of a chunk behind the titles above it, without which a passage such as “Up to ten
  /// days” could stand in any document. Outer titles are left out where the model's limit asks for
  /// it: it is the chunk that must be read whole.
  private func embeddedText(of chunk: Chunk, title: String?) -> String {
    var titles = chunk.headingPath
    if let title, titles.first != title { titles.insert(title, at: 0) }
    // A chunk that begins with its own heading says it already.
    if let last = titles.last, chunk.text.hasPrefix(last) { titles.removeLast() }
    while !titles.isEmpty {
      let context = titles.joined(separator: " > ") + "\n"
      if chunk.tokenCount + chunker.countTokens(context[...]) <= tokenLimit {
        return context + chunk.text
      }
      titles.removeFirst()
    }
    return chunk.text
  }
}
