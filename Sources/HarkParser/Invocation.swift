import Documents

/// What one document may cost, and its type.
struct Request {
  var type = FileType.text
  var seconds: UInt32 = 30
  var cpuSeconds: UInt = 30
  var addressSpaceBytes: UInt = 2 << 30
  var nice: Int32 = 0
}

/// What the arguments ask for.
enum Invocation {
  case parse(Request)
  case serve
  case version
  case help
  case sandbox
  case wrong(String)

  static let usage = """
    usage: hark-parser --type pdf|html|markdown|text [--seconds N] [--cpu-seconds N] \
    [--address-space BYTES] [--nice N] < FILE
           hark-parser --version | --sandbox
           hark-parser --serve    as a child of hark
    """

  init(_ arguments: ArraySlice<String>) {
    var rest = arguments
    var request = Request()
    var hasType = false
    while let option = rest.popFirst() {
      switch option {
      case "--version":
        self = .version
        return
      case "--sandbox":
        self = .sandbox
        return
      case "--serve":
        self = .serve
        return
      case "--help", "-h":
        self = .help
        return
      case "--type", "--seconds", "--cpu-seconds", "--address-space", "--nice":
        guard let value = rest.popFirst() else {
          self = .wrong("\(option) needs a value.")
          return
        }
        guard request.set(option, to: value) else {
          self = .wrong("\(option) cannot be \(value).")
          return
        }
        hasType = hasType || option == "--type"
      default:
        self = .wrong("There is no option \(option).")
        return
      }
    }
    self = hasType ? .parse(request) : .wrong("The option --type is missing.")
  }
}

extension Request {
  /// Sets the value of an option, or gives false where it makes no sense.
  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
    if option == "--type" {
      guard let known = FileType(rawValue: value) else { return false }
      type = known
      return true
    }
    if option == "--nice" {
      guard let number = Int32(value), (0...19).contains(number) else { return false }
      nice = number
      return true
    }
    guard let number = UInt(value), number > 0 else { return false }
    switch option {
    case "--seconds":
      guard number <= ParserLimits.mostSeconds else { return false }
      seconds = UInt32(number)
    case "--cpu-seconds":
      guard number <= ParserLimits.mostSeconds else { return false }
      cpuSeconds = number
    default: addressSpaceBytes = number
    }
    return true
  }
}
