import Foundation
import NIOCore

/// Cuts what a connection brings into lines, each byte looked at once.
struct LineSplitter {
  /// A line has more bytes than the limit.
  struct TooLong: Error {}

  private let limit: Int
  private var buffer = ByteBuffer()
  /// How many of the readable bytes are known to hold no line feed.
  private var searched = 0

  /// Makes a splitter for lines of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes bytes in.
  mutating func append(_ bytes: inout ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      buffer.writeBuffer(&bytes)
    }
  }

  /// The next line without its end, or nil where its end has not come yet. O(bytes not looked at
  /// before).
  mutating func next() throws(TooLong) -> Data? {
    let view = buffer.readableBytesView
    guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
      searched = view.count
      guard searched <= limit else { throw TooLong() }
      // A long line must not leave its storage to a connection that is idle from now on.
      if searched == 0 { buffer = ByteBuffer() }
      return nil
    }
    let length = end - view.startIndex
    guard length <= limit else { throw TooLong() }
    let line = Data(view.prefix(length))
    buffer.moveReaderIndex(forwardBy: length + 1)
    searched = 0
    return line
  }
}
