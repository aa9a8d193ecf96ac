import Foundation

/// What a server takes from its clients.
package struct ServerLimits: Sendable {
  /// How many bytes a line, or the body of an HTTP request, may have.
  package var lineBytes = 16 << 20
  /// How many bytes all requests of more than 64 KiB may hold together, from their first byte to
  /// their end; one that would hold more is answered with `busy`. It is `lineBytes` at least.
  package var heldBytes = 256 << 20
  /// How deep objects and arrays may be nested, up to 512.
  package var depth = 64
  /// How many requests of one connection may be under way; then it is not read any more.
  package var requestsPerConnection = 64
  /// How many clients may be connected.
  package var connections = 1_100
  /// How many requests run at once. Heavy ones take half of the places at most, and one connection
  /// all but one; but each of them one at least.
  package var requestsAtOnce = 2 * ProcessInfo.processInfo.activeProcessorCount
  /// How many requests wait for their turn; one more is answered with `busy`.
  package var queuedRequests = 1_024
  /// How many requests that only wait for something may run beside the others; one more is
  /// answered with `busy`.
  package var waitingRequests = 256
  /// How long a line or an HTTP request may take from its first byte to its last.
  package var arrival = Duration.seconds(30)
  /// How many bytes may wait for a client to read them. Beyond, nothing more is read from it.
  package var unreadBytes = 8 << 20
  /// How long a client with more unread bytes than that may go without reading any.
  package var stall = Duration.seconds(30)
  /// How long running requests have to end when the server stops, before they are canceled.
  package var grace = Duration.seconds(4)

  /// Makes the default limits.
  package init() {}
}
