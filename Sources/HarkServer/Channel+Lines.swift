import Foundation
import NIOCore

extension Channel {
  /// Writes a line, from any thread.
  func writeLine(_ json: Data) {
    var buffer = allocator.buffer(capacity: json.count + 1)
    buffer.writeBytes(json)
    buffer.writeInteger(UInt8(ascii: "\n"))
    writeAndFlush(buffer, promise: nil)
  }

  /// Writes an error that belongs to no request.
  func writeLine(_ error: RPCError) {
    writeLine(Answer(id: .null, outcome: .failure(error)).json)
  }

  /// Closes when all is written, or when the client reads nothing of it for a time.
  ///
  /// - Parameter lingers: whether the client may send to its end before, within that time.
  func closeAfterWrites(within time: Duration, lingers: Bool = false) {
    triggerUserOutboundEvent(
      CloseAfterWrites(time: TimeAmount(time), lingers: lingers), promise: nil)
  }
}
