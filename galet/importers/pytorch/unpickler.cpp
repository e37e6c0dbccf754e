// The machine of Python's pickletools: a stack, marks on it, a memo. Each opcode makes at most one object, so memory stays proportional to
// what was read; nothing recurses.
#include "galet/importers/pytorch/unpickler.h"

#include "galet/importers/pytorch/globals.h"

namespace galet::importers::pickle {
namespace {

struct OpcodeName {
  unsigned char code;
  std::string_view name;
};
/// For messages.
constexpr OpcodeName kNames[] = {{'(', "MARK"},
                                 {'.', "STOP"},
                                 {'0', "POP"},
                                 {'1', "POP_MARK"},
                                 {'2', "DUP"},
                                 {'F', "FLOAT"},
                                 {'I', "INT"},
                                 {'J', "BININT"},
                                 {'K', "BININT1"},
                                 {'L', "LONG"},
                                 {'M', "BININT2"},
                                 {'N', "NONE"},
                                 {'P', "PERSID"},
                                 {'Q', "BINPERSID"},
                                 {'R', "REDUCE"},
                                 {'S', "STRING"},
                                 {'T', "BINSTRING"},
                                 {'U', "SHORT_BINSTRING"},
                                 {'V', "UNICODE"},
                                 {'X', "BINUNICODE"},
                                 {'a', "APPEND"},
                                 {'b', "BUILD"},
                                 {'c', "GLOBAL"},
                                 {'d', "DICT"},
                                 {'}', "EMPTY_DICT"},
                                 {'e', "APPENDS"},
                                 {'g', "GET"},
                                 {'h', "BINGET"},
                                 {'i', "INST"},
                                 {'j', "LONG_BINGET"},
                                 {'l', "LIST"},
                                 {']', "EMPTY_LIST"},
                                 {'o', "OBJ"},
                                 {'p', "PUT"},
                                 {'q', "BINPUT"},
                                 {'r', "LONG_BINPUT"},
                                 {'s', "SETITEM"},
                                 {'t', "TUPLE"},
                                 {')', "EMPTY_TUPLE"},
                                 {'u', "SETITEMS"},
                                 {'G', "BINFLOAT"},
                                 {'B', "BINBYTES"},
                                 {'C', "SHORT_BINBYTES"},
                                 {0x80, "PROTO"},
                                 {0x81, "NEWOBJ"},
                                 {0x82, "EXT1"},
                                 {0x83, "EXT2"},
                                 {0x84, "EXT4"},
                                 {0x85, "TUPLE1"},
                                 {0x86, "TUPLE2"},
                                 {0x87, "TUPLE3"},
                                 {0x88, "NEWTRUE"},
                                 {0x89, "NEWFALSE"},
                                 {0x8a, "LONG1"},
                                 {0x8b, "LONG4"},
                                 {0x8c, "SHORT_BINUNICODE"},
                                 {0x8d, "BINUNICODE8"},
                                 {0x8e, "BINBYTES8"},
                                 {0x8f, "EMPTY_SET"},
                                 {0x90, "ADDITEMS"},
                                 {0x91, "FROZENSET"},
                                 {0x92, "NEWOBJ_EX"},
                                 {0x93, "STACK_GLOBAL"},
                                 {0x94, "MEMOIZE"},
                                 {0x95, "FRAME"},
                                 {0x96, "BYTEARRAY8"},
                                 {0x97, "NEXT_BUFFER"},
                                 {0x98, "READONLY_BUFFER"}};

std::string name_of(unsigned char code) {
  for (const OpcodeName& row : kNames)
    if (row.code == code) return std::string(row.name);
  return fmt::format("0x{:02x}", code);
}

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, size_t begin, Heap& heap) : bytes_(bytes), at_(begin), begin_(begin), heap_(heap) {}

  Ref run() {
    for (;;) {
      const size_t position = at_;
      if (at_ >= bytes_.size()) fail("the pickle is cut off at byte {}: no STOP", at_);
      const auto code = std::to_integer<unsigned char>(bytes_[at_++]);
      try {
        if (step(code)) return pop();
      } catch (const Error& error) {
        fail("opcode {} at byte {}: {}", name_of(code), position, error.what());
      }
    }
  }
  size_t position() const { return at_; }

 private:
  uint64_t number(size_t width) {
    uint64_t value = 0;
    const std::string_view raw = take(width);
    for (size_t i = 0; i < width; ++i) value |= uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return value;
  }
  std::string_view take(uint64_t size) {
    if (size > bytes_.size() - at_) fail("{} bytes are announced, {} are left", size, bytes_.size() - at_);
    const std::string_view raw(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return raw;
  }
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos || end > 1000) fail("a name has no end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  bool push(Ref ref) {
    stack_.push_back(ref);
    return false;
  }
  Ref top() const {
    if (stack_.size() <= floor()) fail("the stack is empty");
    return stack_.back();
  }
  Ref pop() {
    const Ref ref = top();
    stack_.pop_back();
    return ref;
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  /// Everything above the last mark, which is taken off.
  std::vector<Ref> pop_mark() {
    if (marks_.empty()) fail("there is no mark on the stack");
    std::vector<Ref> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  bool text(Kind kind, std::string_view view) {
    Object object{.kind = kind, .text = {}, .items = {}};
    object.text = view;
    return push(heap_.add(std::move(object)));
  }
  bool integer(int64_t value, Kind kind = Kind::integer) {
    Object object{.kind = kind, .text = {}, .items = {}};
    object.integer = value;
    return push(heap_.add(std::move(object)));
  }
  bool long_integer(std::string_view raw) {
    if (raw.size() > 8) return text(Kind::big_integer, raw);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.size(); ++i) value |= uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    if (!raw.empty() && raw.size() < 8 && (raw.back() & 0x80) != 0) value |= ~uint64_t{0} << (8 * raw.size());
    return integer(static_cast<int64_t>(value));
  }
  bool real() {
    take(8);
    return push(Heap::kReal);
  }
  bool container(Kind kind, const std::vector<Ref>& items) {
    if (kind == Kind::dict && items.size() % 2 != 0) fail("a dict has a key without a value");
    const Ref made = heap_.add(kind);
    for (const Ref item : items) heap_.put(made, item);
    return push(made);
  }
  bool tuple(size_t n) {
    std::vector<Ref> items(n);
    for (size_t i = n; i > 0; --i) items[i - 1] = pop();
    return container(Kind::tuple, items);
  }
  /// Puts items into the container on top of the stack; what galet keeps nothing of swallows them.
  bool extend(Kind kind, const std::vector<Ref>& items) {
    const Ref into = top();
    if (heap_[into].kind == Kind::inert) return false;
    if (heap_[into].kind != kind) fail("items for a {} go to a {}", to_string(kind), to_string(heap_[into].kind));
    if (kind == Kind::dict && items.size() % 2 != 0) fail("a dict has a key without a value");
    for (const Ref item : items) heap_.put(into, item);
    return false;
  }
  bool memo_put(uint64_t index) {
    if (index > at_ - begin_) fail("memo {} is beyond what so short a pickle can have", index);
    if (index >= memo_.size()) memo_.resize(index + 1, kNothing);
    memo_[index] = top();
    return false;
  }
  bool memo_get(uint64_t index) {
    if (index >= memo_.size() || memo_[index] == kNothing) fail("memo {} was never set", index);
    return push(memo_[index]);
  }
  bool look_up(std::string_view module, std::string_view name) { return integer(find_global(module, name), Kind::global); }
  bool stack_global() {
    const Ref name = pop(), module = pop();
    if (heap_[name].kind != Kind::text || heap_[module].kind != Kind::text) fail("a global is not named by two texts");
    return look_up(heap_[module].text, heap_[name].text);
  }
  bool call() {
    const Ref arguments = pop(), callable = pop();
    return push(reduce(heap_, callable, arguments));
  }
  bool new_object() {
    const Ref arguments = pop(), type = pop();
    if (heap_[type].kind != Kind::global) fail("a {} is called", to_string(heap_[type].kind));
    if (global(heap_[type]).use != Use::inert && global(heap_[type]).use != Use::ordered_dict)
      fail("\"{}.{}\" is called", global(heap_[type]).module, global(heap_[type]).name);
    return push(reduce(heap_, type, arguments));
  }
  /// Attributes of an object (OrderedDict's _metadata, a Namespace's values): nothing of them is kept.
  bool build() {
    const Ref state = pop();
    const Kind into = heap_[top()].kind, what = heap_[state].kind;
    const bool fits = into == Kind::dict || into == Kind::inert || into == Kind::tensor;
    if (!fits) fail("attributes are given to a {}", to_string(into));
    if (what != Kind::dict && what != Kind::tuple && what != Kind::inert && what != Kind::none)
      fail("attributes are a {}, expected a dict", to_string(what));
    return false;
  }
  bool mark() {
    if (marks_.size() >= kMaxMarks) fail("marks lie more than {} deep", kMaxMarks);
    marks_.push_back(stack_.size());
    return false;
  }
  bool protocol() {
    const uint64_t version = number(1);
    if (version < 2 || version > 5) fail("protocol {}, expected 2 to 5", version);
    return false;
  }
  bool skip_frame() {
    const uint64_t size = number(8);
    if (size > bytes_.size() - at_) fail("a frame of {} bytes is announced, {} are left", size, bytes_.size() - at_);
    return false;
  }
  bool pop_one() {
    if (!marks_.empty() && marks_.back() == stack_.size()) {
      marks_.pop_back();
      return false;
    }
    pop();
    return false;
  }

  /// True at STOP.
  bool step(unsigned char code) {
    switch (code) {
      case '.':
        return stack_.size() == 1 && marks_.empty() ? true : (fail("{} objects are left", stack_.size()), false);
      case 0x80:
        return protocol();
      case 0x95:
        return skip_frame();
      case '(':
        return mark();
      case '0':
        return pop_one();
      case '1':
        return pop_mark(), false;
      case '2':
        return push(top());
      case 'N':
        return push(Heap::kNone);
      case 0x88:
        return push(Heap::kTrue);
      case 0x89:
        return push(Heap::kFalse);
      case 'J':
        return integer(static_cast<int32_t>(number(4)));
      case 'K':
        return integer(static_cast<int64_t>(number(1)));
      case 'M':
        return integer(static_cast<int64_t>(number(2)));
      case 0x8a:
        return long_integer(take(number(1)));
      case 0x8b:
        return long_integer(take(number(4)));
      case 'G':
        return real();
      case 'X':
      case 'T':
        return text(Kind::text, take(number(4)));
      case 'U':
      case 0x8c:
        return text(Kind::text, take(number(1)));
      case 0x8d:
        return text(Kind::text, take(number(8)));
      case 'B':
        return text(Kind::bytes, take(number(4)));
      case 'C':
        return text(Kind::bytes, take(number(1)));
      case 0x8e:
      case 0x96:
        return text(Kind::bytes, take(number(8)));
      case ']':
        return push(heap_.add(Kind::list));
      case ')':
        return push(Heap::kEmptyTuple);
      case '}':
        return push(heap_.add(Kind::dict));
      case 0x8f:
        return push(heap_.add(Kind::set));
      case 'l':
        return container(Kind::list, pop_mark());
      case 't':
        return container(Kind::tuple, pop_mark());
      case 'd':
        return container(Kind::dict, pop_mark());
      case 0x91:
        return container(Kind::set, pop_mark());
      case 0x85:
        return tuple(1);
      case 0x86:
        return tuple(2);
      case 0x87:
        return tuple(3);
      case 'a': {
        const Ref item = pop();
        return extend(Kind::list, {item});
      }
      case 'e':
        return extend(Kind::list, pop_mark());
      case 's': {
        const Ref value = pop(), key = pop();
        return extend(Kind::dict, {key, value});
      }
      case 'u':
        return extend(Kind::dict, pop_mark());
      case 0x90:
        return extend(Kind::set, pop_mark());
      case 'q':
        return memo_put(number(1));
      case 'r':
        return memo_put(number(4));
      case 0x94:
        return memo_put(memo_.size());
      case 'h':
        return memo_get(number(1));
      case 'j':
        return memo_get(number(4));
      case 'c': {
        const std::string_view module = line();
        return look_up(module, line());
      }
      case 0x93:
        return stack_global();
      case 'R':
        return call();
      case 0x81:
        return new_object();
      case 'b':
        return build();
      case 'Q':
        return push(load_storage(heap_, pop()));
      default:
        break;
    }
    fail("refused: it is not needed for tensors, containers and scalars, and nothing was executed");
  }

  static constexpr Ref kNothing = UINT32_MAX;
  std::span<const std::byte> bytes_;
  size_t at_, begin_;
  Heap& heap_;
  std::vector<Ref> stack_, memo_;
  std::vector<size_t> marks_;
};

}  // namespace

Ref unpickle(std::span<const std::byte> bytes, size_t& begin, Heap& heap) {
  Machine machine(bytes, begin, heap);
  const Ref result = machine.run();
  begin = machine.position();
  return result;
}

}  // namespace galet::importers::pickle
