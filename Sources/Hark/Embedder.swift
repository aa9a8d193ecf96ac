import Embedding
import Machine

/// Turns texts into vectors, in process.
///
/// ```swift
/// let vectors = try await Embedder().embed(["a passage", "지문"])
/// ```
public final class Embedder: Sendable {
  let encoder: SentenceEncoder

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - model: the folder of a BERT-type sentence-transformers model; nil for the default model.
  ///   - threads: the threads to compute on; nil for one a core.
  /// - Throws: `model-missing`, or the encoder's error for a model that is damaged or unsupported.
  public init(model: String? = nil, threads: Int? = nil) throws(HarkError) {
    let folder = try Locations.model(model)
    do throws(EmbeddingError) {
      encoder =
        if let threads {
          try SentenceEncoder(modelFolder: folder, threads: threads)
        } else {
          try SentenceEncoder(modelFolder: folder)
        }
    } catch {
      throw HarkError(wrapping: error)
    }
  }

  /// The name of the model's folder.
  public var name: String { encoder.name }
  /// The numbers in each vector.
  public var dimension: Int { encoder.dimension }
  /// The tokens of a text that the model reads, special tokens included; the rest is cut off.
  public var maximumTokens: Int { encoder.maximumTokens }

  /// The vectors of texts, in their order.
  ///
  /// - Complexity: O(*n*) in the tokens of the texts, and more for long ones.
  public func embed(_ texts: [String]) async throws(HarkError) -> Embeddings {
    let encoder = encoder
    return try await HarkError.wrapping {
      let encoded = try await WorkerPool.detached { try encoder.encode(texts) }
      return Embeddings(count: encoded.count, dimension: encoded.dimension, values: encoded.values)
    }
  }
}

/// Vectors of texts, one a row.
public struct Embeddings: Sendable {
  /// The number of rows.
  public let count: Int
  /// The numbers in each row.
  public let dimension: Int
  /// The rows one after another, `count` × `dimension`; each has unit length where the model
  /// normalises.
  public let values: [Float]

  /// Writes the rows as a NumPy file (float32, version 1.0 of the format).
  ///
  /// - Throws: `file-write-failed`, `disk-full`. A file that was there is replaced as a whole or
  ///   not at all.
  public func writeNumPy(to path: String) throws(HarkError) {
    do throws(MachineError) {
      try NumPyFile.write(path, floats: values, shape: [count, dimension])
    } catch {
      throw HarkError(machine: error)
    }
  }
}
