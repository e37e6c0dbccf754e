#include "galet/importers/pytorch/globals.h"

#include <algorithm>

namespace galet::importers::pickle {
namespace {

#define STORAGE(name, element) \
  {"torch", name, Use::storage, element}, { "torch.cuda", name, Use::storage, element }
#define DTYPE(name, element) \
  { "torch", name, Use::dtype, element }
constexpr Global kGlobals[] = {
    {"collections", "OrderedDict", Use::ordered_dict},
    {"torch._utils", "_rebuild_tensor", Use::rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v2", Use::rebuild_tensor_v2},
    {"torch._utils", "_rebuild_tensor_v3", Use::rebuild_tensor_v3},
    {"torch._utils", "_rebuild_parameter", Use::rebuild_parameter},
    {"torch._utils", "_rebuild_parameter_with_state", Use::rebuild_parameter},
    {"torch._tensor", "_rebuild_from_type_v2", Use::rebuild_from_type},
    STORAGE("FloatStorage", Element::f32),
    STORAGE("DoubleStorage", Element::f64),
    STORAGE("HalfStorage", Element::f16),
    STORAGE("BFloat16Storage", Element::bf16),
    STORAGE("CharStorage", Element::i8),
    STORAGE("ByteStorage", Element::u8),
    STORAGE("ShortStorage", Element::i16),
    STORAGE("IntStorage", Element::i32),
    STORAGE("LongStorage", Element::i64),
    STORAGE("BoolStorage", Element::boolean),
    {"torch.storage", "UntypedStorage", Use::untyped_storage, Element::u8},
    {"torch", "UntypedStorage", Use::untyped_storage, Element::u8},
    DTYPE("float32", Element::f32),
    DTYPE("float", Element::f32),
    DTYPE("float64", Element::f64),
    DTYPE("double", Element::f64),
    DTYPE("float16", Element::f16),
    DTYPE("half", Element::f16),
    DTYPE("bfloat16", Element::bf16),
    DTYPE("int8", Element::i8),
    DTYPE("uint8", Element::u8),
    DTYPE("int16", Element::i16),
    DTYPE("uint16", Element::u16),
    DTYPE("int32", Element::i32),
    DTYPE("uint32", Element::u32),
    DTYPE("int64", Element::i64),
    DTYPE("uint64", Element::u64),
    DTYPE("bool", Element::boolean),
    // What training scripts put beside the weights: sizes, devices, arguments, schedules, the best score as a numpy number.
    {"torch", "Size"},
    {"torch", "device"},
    {"torch", "Tensor"},
    {"torch.nn.parameter", "Parameter"},
    {"collections", "defaultdict"},
    {"collections", "Counter"},
    {"argparse", "Namespace"},
    {"numpy", "dtype"},
    {"numpy.core.multiarray", "scalar"},
    {"numpy._core.multiarray", "scalar"},
    {"numpy.core.multiarray", "_reconstruct"},
    {"numpy._core.multiarray", "_reconstruct"},
    {"numpy", "ndarray"},
    {"numpy", "float64"},
    {"numpy", "float32"},
    {"numpy", "int64"},
    {"numpy", "bool_"},
    {"numpy.dtypes", "Float64DType"},
    {"numpy.dtypes", "Float32DType"},
    {"numpy.dtypes", "Int64DType"},
    {"pathlib", "PosixPath"},
    {"pathlib", "PurePosixPath"},
    {"pathlib", "WindowsPath"},
    {"datetime", "datetime"},
    {"datetime", "timedelta"},
    {"_codecs", "encode"},
    {"builtins", "set"},
    {"builtins", "frozenset"},
    {"builtins", "dict"},
    {"builtins", "list"},
    {"__builtin__", "set"},
    {"__builtin__", "frozenset"},
    {"__builtin__", "dict"},
    {"__builtin__", "list"},
};
#undef STORAGE
#undef DTYPE

struct Advice {
  std::string_view part, text;
};
constexpr Advice kAdvice[] = {
    {"_rebuild_qtensor", "quantized tensors are not read: save the float model's state_dict(), galet quantizes it itself"},
    {"QInt8Storage", "quantized tensors are not read: save the float model's state_dict(), galet quantizes it itself"},
    {"QUInt8Storage", "quantized tensors are not read: save the float model's state_dict(), galet quantizes it itself"},
    {"QInt32Storage", "quantized tensors are not read: save the float model's state_dict(), galet quantizes it itself"},
    {"sparse", "sparse tensors are not read: save them with .to_dense()"},
    {"Complex", "complex tensors are not read"},
    {"float8", "8-bit floats are not read: save the weights as float32 or float16"},
    {"__torch__", "this is a TorchScript archive, not a state dict"},
    {"_rebuild_meta_tensor", "tensors on the meta device have no values"},
};

/// Names in a damaged file may hold anything.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
  return out;
}

const Object& argument(const Heap& heap, const Object& arguments, size_t i, std::string_view what, Kind kind) {
  if (i >= arguments.items.size()) fail("{} has {} arguments, too few", what, arguments.items.size());
  const Object& object = heap[arguments.items[i]];
  if (object.kind != kind) fail("{}: argument {} is a {}, expected a {}", what, i + 1, to_string(object.kind), to_string(kind));
  return object;
}

Shape extents(const Heap& heap, const Object& tuple, std::string_view what) {
  if (tuple.items.size() > kMaxRank) fail("a tensor has {} {}, at most {} are read", tuple.items.size(), what, kMaxRank);
  Shape out;
  for (const Ref item : tuple.items) {
    if (heap[item].kind != Kind::integer) fail("a tensor's {} hold a {}, expected whole numbers", what, to_string(heap[item].kind));
    if (heap[item].integer < 0) fail("a tensor's {} hold {}, expected none below 0", what, heap[item].integer);
    out.push_back(heap[item].integer);
  }
  return out;
}

/// Every element of the view must lie in the storage.
void check_bounds(const TensorView& view, const Storage& storage) {
  const int64_t elements = storage.untyped ? storage.count / static_cast<int64_t>(size_of(view.element)) : storage.count;
  count(view.shape);  // throws where the product is too large
  int64_t last = view.offset;
  bool empty = false, overflow = view.offset < 0;
  for (size_t i = 0; i < view.shape.size(); ++i) {
    int64_t step = 0;
    empty |= view.shape[i] == 0;
    overflow |= __builtin_mul_overflow(std::max<int64_t>(view.shape[i] - 1, 0), view.strides[i], &step);
    overflow |= __builtin_add_overflow(last, step, &last);
  }
  if (overflow || (!empty && last >= elements) || view.offset > elements)
    fail("a tensor of shape {} with offset {} reaches beyond its storage \"{}\" of {} elements", to_string(view.shape), view.offset,
         printable(storage.key), elements);
}

Ref rebuild_tensor(Heap& heap, const Object& arguments, Use use) {
  constexpr std::string_view kWhat = "a tensor";
  const Object& from = argument(heap, arguments, 0, kWhat, Kind::storage);
  TensorView view;
  view.storage = static_cast<size_t>(from.integer);
  view.element = heap.storages[view.storage].element;
  view.offset = argument(heap, arguments, 1, kWhat, Kind::integer).integer;
  view.shape = extents(heap, argument(heap, arguments, 2, kWhat, Kind::tuple), "extents");
  view.strides = extents(heap, argument(heap, arguments, 3, kWhat, Kind::tuple), "strides");
  if (view.shape.size() != view.strides.size()) fail("a tensor has {} extents and {} strides", view.shape.size(), view.strides.size());
  if (use == Use::rebuild_tensor_v3) {
    const Global& type = global(argument(heap, arguments, 6, kWhat, Kind::global));
    if (type.use != Use::dtype) fail("a tensor's type is \"{}\", expected an element type", type.name);
    view.element = type.element;
  } else if (heap.storages[view.storage].untyped) {
    fail("a tensor's storage has no element type");
  }
  check_bounds(view, heap.storages[view.storage]);
  heap.tensors.push_back(std::move(view));
  Object object{.kind = Kind::tensor, .text = {}, .items = {}};
  object.integer = static_cast<int64_t>(heap.tensors.size() - 1);
  return heap.add(std::move(object));
}

Ref ordered_dict(Heap& heap, const Object& arguments) {
  const Ref dict = heap.add(Kind::dict);
  if (arguments.items.empty()) return dict;
  const std::vector<Ref>& pairs = argument(heap, arguments, 0, "OrderedDict", Kind::list).items;
  for (const Ref pair : pairs) {
    const std::vector<Ref>& items = heap[pair].items;
    const bool fits = (heap[pair].kind == Kind::list || heap[pair].kind == Kind::tuple) && items.size() == 2;
    if (!fits) fail("OrderedDict holds a {}, expected pairs", to_string(heap[pair].kind));
    heap.put(dict, items[0]);
    heap.put(dict, items[1]);
  }
  return dict;
}

}  // namespace

const Global& global(const Object& object) { return kGlobals[static_cast<size_t>(object.integer)]; }

int64_t find_global(std::string_view module, std::string_view name) {
  for (size_t i = 0; i < std::size(kGlobals); ++i)
    if (kGlobals[i].module == module && kGlobals[i].name == name) return static_cast<int64_t>(i);
  const std::string shown = printable(module) + "." + printable(name);
  for (const Advice& advice : kAdvice)
    if (shown.find(advice.part) != std::string::npos) fail("\"{}\": {}", shown, advice.text);
  fail(
      "\"{}\" is refused: a file of weights may hold tensors, containers and scalars, and nothing was executed; if this is a whole model "
      "or a "
      "training state, save model.state_dict() alone",
      shown);
}

Ref reduce(Heap& heap, Ref callable, Ref arguments) {
  if (heap[callable].kind != Kind::global) fail("a {} is called", to_string(heap[callable].kind));
  if (heap[arguments].kind != Kind::tuple) fail("a call's arguments are a {}, expected a tuple", to_string(heap[arguments].kind));
  const Global& called = global(heap[callable]);
  const Object& call = heap[arguments];  // references stay valid while the heap grows
  switch (called.use) {
    case Use::ordered_dict:
      return ordered_dict(heap, call);
    case Use::rebuild_tensor:
    case Use::rebuild_tensor_v2:
    case Use::rebuild_tensor_v3:
      return rebuild_tensor(heap, call, called.use);
    case Use::rebuild_parameter:
      argument(heap, call, 0, "a parameter", Kind::tensor);
      return call.items[0];
    case Use::rebuild_from_type: {
      const Global& function = global(argument(heap, call, 0, "a tensor with attributes", Kind::global));
      if (function.use == Use::rebuild_from_type) fail("a tensor with attributes is built from another");
      argument(heap, call, 2, "a tensor with attributes", Kind::tuple);
      return reduce(heap, call.items[0], call.items[2]);
    }
    case Use::inert:
      return heap.add(Kind::inert);
    case Use::storage:
    case Use::untyped_storage:
    case Use::dtype:
      break;
  }
  fail("\"{}.{}\" is called", called.module, called.name);
}

Ref load_storage(Heap& heap, Ref id) {
  const Object& tuple = heap[id];
  if (tuple.kind != Kind::tuple) fail("a persistent id is a {}, expected a tuple", to_string(tuple.kind));
  const std::string_view what = argument(heap, tuple, 0, "a persistent id", Kind::text).text;
  if (what == "module") fail("the file holds a whole model with its source code, which is never run: save model.state_dict() alone");
  if (what != "storage") fail("a persistent id names a \"{}\", expected a storage", printable(what));
  const Global& type = global(argument(heap, tuple, 1, "a persistent id", Kind::global));
  if (type.use != Use::storage && type.use != Use::untyped_storage) fail("a storage has the type \"{}\"", type.name);
  Storage storage{std::string(argument(heap, tuple, 2, "a persistent id", Kind::text).text), type.element, type.use == Use::untyped_storage,
                  argument(heap, tuple, 4, "a persistent id", Kind::integer).integer};
  if (storage.key.size() > 64 || printable(storage.key) != storage.key) fail("a storage is named \"{}\"", printable(storage.key));
  if (storage.count < 0) fail("storage \"{}\" has {} elements", storage.key, storage.count);
  if (tuple.items.size() > 5 && heap[tuple.items[5]].kind != Kind::none)
    fail("storage \"{}\" is a view of another storage (PyTorch before 0.4): load and save it again", storage.key);
  const auto [at, fresh] = heap.storage_index.try_emplace(storage.key, heap.storages.size());
  if (fresh) {
    heap.storages.push_back(std::move(storage));
  } else {
    const Storage& known = heap.storages[at->second];
    if (known.element != storage.element || known.untyped != storage.untyped || known.count != storage.count)
      fail("storage \"{}\" has two types or sizes", storage.key);
  }
  Object object{.kind = Kind::storage, .text = {}, .items = {}};
  object.integer = static_cast<int64_t>(at->second);
  return heap.add(std::move(object));
}

}  // namespace galet::importers::pickle
