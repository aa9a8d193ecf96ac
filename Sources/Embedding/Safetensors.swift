internal import Foundation
internal import Machine

/// The tensors of a model in a mapped file of the safetensors format.
///
/// The file is a little-endian 64-bit length, a JSON header of that length with type, shape and
/// range of each tensor, and the numbers (https://github.com/huggingface/safetensors). Every
/// length and offset is checked when the file is opened; nothing in it is trusted.
final class Safetensors: Sendable {
  /// One tensor's entry in the header.
  struct Entry: Sendable {
    /// The kind of number: F32, F16, BF16 and others.
    var type: String
    var shape: [Int]
    /// Where the numbers lie in the file, in bytes from its beginning.
    var range: Range<Int>
  }

  /// The path of the file.
  let path: String
  /// The tensors by their names.
  let entries: [String: Entry]
  /// Where the numbers begin, in bytes.
  let dataOffset: Int

  private let file: MappedFile

  /// The format's own limit of the header, in bytes.
  private static let largestHeader = 100_000_000

  /// Opens a file and checks its header.
  ///
  /// - Throws: ``EmbeddingError`` with the code `model-file-missing` or `model-weights-damaged`.
  /// - Complexity: O(header); the numbers are not read.
  init(_ folder: ModelFolder, _ name: String) throws(EmbeddingError) {
    let file = try folder.map(name)
    let path = folder.file(name)
    func damaged(_ problem: String, _ cause: (any Error)? = nil) -> EmbeddingError {
      EmbeddingError(
        code: .weightsDamaged, message: "\(path): \(problem). \(EmbeddingError.fetchAgain)",
        cause: cause)
    }

    guard let length = file.littleEndian(at: 0) else {
      throw damaged("the file has only \(file.count) bytes")
    }
    guard length <= UInt64(Self.largestHeader), Int(length) <= file.count - 8 else {
      throw damaged("the header should have \(length) bytes, and the file has \(file.count)")
    }
    let dataOffset = 8 + Int(length)
    let header = unsafe file.bytes.extracting(8..<dataOffset).withUnsafeBytes { unsafe Data($0) }
    let parsed: Header
    do {
      parsed = try JSONDecoder().decode(Header.self, from: header)
    } catch {
      throw damaged("the header is not the JSON of the safetensors format", error)
    }

    var entries: [String: Entry] = [:]
    let available = file.count - dataOffset
    for (name, tensor) in parsed.tensors {
      guard tensor.data_offsets.count == 2, let begin = tensor.data_offsets.first,
        let end = tensor.data_offsets.last, 0 <= begin, begin <= end, end <= available
      else {
        throw damaged(
          "the tensor \(name) lies at \(tensor.data_offsets), beyond the \(available) bytes "
            + "of numbers")
      }
      guard let bytes = Self.size(tensor), bytes == end - begin else {
        throw damaged(
          "the tensor \(name) of shape \(tensor.shape) and type \(tensor.dtype) has "
            + "\(end - begin) bytes")
      }
      entries[name] = Entry(
        type: tensor.dtype, shape: tensor.shape,
        range: (dataOffset + begin)..<(dataOffset + end))
    }
    self.path = path
    self.entries = entries
    self.dataOffset = dataOffset
    self.file = file
  }

  /// Gives the file to `body`: spans of it live no longer than this call.
  func withFile<Result, Failure: Error>(
    _ body: (borrowing MappedFile) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(file)
  }

  /// The number of bytes that a tensor needs, or nil when that cannot be told.
  private static func size(_ tensor: Header.Tensor) -> Int? {
    guard let width = widths[tensor.dtype] else { return nil }
    var size = width
    for extent in tensor.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      size = product
    }
    return size
  }

  private static let widths = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2,
    "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
  ]

  /// The header: tensors by name, beside metadata that is of no interest.
  private struct Header: Decodable {
    struct Tensor: Decodable {
      var dtype: String
      var shape: [Int]
      var data_offsets: [Int]
    }

    struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    var tensors: [String: Tensor] = [:]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for name in container.allKeys where name.stringValue != "__metadata__" {
        tensors[name.stringValue] = try container.decode(Tensor.self, forKey: name)
      }
    }
  }
}

extension MappedFile {
  /// The 64-bit number at an offset, or nil where the file ends before.
  fileprivate func littleEndian(at offset: Int) -> UInt64? {
    guard offset >= 0, count >= 8, offset <= count - 8 else { return nil }
    let bytes = self.bytes
    var value: UInt64 = 0
    for index in 0..<8 {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self)
      value |= UInt64(byte) << (8 * index)
    }
    return value
  }
}
