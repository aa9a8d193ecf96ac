import NIOCore

/// Cuts what a connection brings into lines, and keeps no more of a line than the limit.
struct LineFramer {
  /// What comes out of the bytes.
  enum Frame {
    /// A line that is not blank, without its end.
    case line(ByteBuffer)
    /// A line with too many bytes, told as soon as that is known.
    case tooLong
  }

  private let limit: Int
  private var buffer = ByteBuffer()
  /// How many of the readable bytes are known to hold no line feed.
  private var searched = 0
  private var isDiscarding = false

  /// Makes a framer for lines of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Whether a line has begun and not ended. It is exact after ``next()`` has given nil.
  var isInsideLine: Bool { isDiscarding || buffer.readableBytes > 0 }

  /// How many bytes are kept of a line that has not ended. It is exact after ``next()`` has given
  /// nil.
  var keptBytes: Int { buffer.readableBytes }

  /// Takes bytes in.
  mutating func append(_ bytes: inout ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
      searched = 0
    } else {
      buffer.writeBuffer(&bytes)
    }
  }

  /// The next line, or nil where its end has not come yet. O(bytes not looked at before).
  mutating func next() -> Frame? {
    while let length = lengthOfLine() {
      var line = buffer.readSlice(length: length) ?? ByteBuffer()
      buffer.moveReaderIndex(forwardBy: 1)
      searched = 0
      if length > MemoryBudget.shortBytes { releaseRead() }
      if isDiscarding {
        isDiscarding = false
      } else if length > limit {
        return .tooLong
      } else if let frame = Self.frame(&line) {
        return frame
      }
    }
    if isDiscarding || buffer.readableBytes == 0 {
      // A large line must not leave its storage to a connection that is idle from now on.
      buffer = ByteBuffer()
      searched = 0
    } else if buffer.readableBytes > limit {
      discardLine()
      return .tooLong
    } else if buffer.readerIndex > 0 {
      releaseRead()
    }
    return nil
  }

  /// Drops the line that has begun: what is there of it, and what comes.
  mutating func discardLine() {
    isDiscarding = true
    buffer = ByteBuffer()
    searched = 0
  }

  /// What is left when no more bytes come: a last line without an end.
  mutating func rest() -> Frame? {
    defer { buffer = ByteBuffer() }
    guard !isDiscarding else { return nil }
    return Self.frame(&buffer)
  }

  /// Keeps what is not read alone: the lines before must not stay in memory with it.
  private mutating func releaseRead() { buffer = ByteBuffer(bytes: buffer.readableBytesView) }

  private mutating func lengthOfLine() -> Int? {
    let view = buffer.readableBytesView.dropFirst(searched)
    guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
      searched = buffer.readableBytes
      return nil
    }
    return end - buffer.readerIndex
  }

  /// The line without a carriage return at its end, or nil where it is blank.
  private static func frame(_ line: inout ByteBuffer) -> Frame? {
    if line.readableBytesView.last == UInt8(ascii: "\r") {
      line.moveWriterIndex(to: line.writerIndex - 1)
    }
    let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
    return line.readableBytesView.allSatisfy(blanks.contains) ? nil : .line(line)
  }
}
