#include "tools/torch/training.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tools/cli.h"

namespace galet::tools {
namespace {

std::atomic<bool> stop_asked{false};

void on_signal(int signal) {
  stop_asked = true;
  std::signal(signal, SIG_DFL);
}

/// A folder in which a file cannot be made is better found out before an hour of training than after.
void check_writable(const std::string& path, const char* flag) {
  if (path.empty()) return;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const std::string where = folder.empty() ? "." : folder.string();
  if (!std::filesystem::is_directory(where) || ::access(where.c_str(), W_OK) != 0) fail("{} {}: cannot write into {}", flag, path, where);
  if (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path)) fail("{} {}: is there and no regular file", flag, path);
}

void add_method_flags(CLI::App& command, TrainingFlags& f) {
  const std::string group = "Method";
  auto& o = f.options;
  auto add = [&](const std::string& name, auto& value, const std::string& text) {
    return command.add_option(name, value, text)->capture_default_str()->group(group);
  };
  add("--epochs", o.epochs, "passes over the data")->check(CLI::Range(int64_t{1}, int64_t{1'000'000}));
  add("--batch", f.batches.batch, "images a step")->check(CLI::Range(int64_t{1}, int64_t{1'000'000}));
  add("--optimizer", f.optimizer, "sgd, adam or adamw");
  add("--lr", o.schedule.lr, "learning rate at its highest");
  add("--momentum", o.optimizer.momentum, "of sgd")->check(CLI::Range(0., 0.9999));
  command.add_flag("!--no-nesterov", o.optimizer.nesterov, "plain momentum")->group(group);
  add("--weight-decay", o.weight_decay, "of weights; norms have none, biases none without --decay-bias");
  command.add_flag("--decay-bias", o.decay_bias, "weight decay of biases too")->group(group);
  add("--schedule", f.schedule, "constant, step, cosine, one_cycle, poly or restarts");
  add("--warmup", o.schedule.warmup, "epochs during which the rate rises");
  add("--lr-min", o.schedule.lr_min, "where cosine, poly and restarts end");
  command.add_option("--milestones", o.schedule.milestones, "epochs after which step multiplies by --gamma (1/2 and 3/4 of all)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  add("--gamma", o.schedule.gamma, "factor of step");
  add("--power", o.schedule.power, "exponent of poly");
  add("--period", o.schedule.period, "epochs of the first period of restarts");
  add("--period-factor", o.schedule.period_factor, "by which the periods grow");
  add("--label-smoothing", o.label_smoothing, "share of the wanted distribution that all classes get");
  add("--mixup", f.batches.mixup, "alpha of mixed image pairs, 0: none");
  command
      .add_option(
          "--augment", f.augmentation,
          "none, or some of zoom=SHARE scale=AREA crop=PIXELS reflect flip rotate colour=STRENGTH cutout=SIDE, with commas (crop of an "
          "eighth of the width, and flip for colour images; of detectors zoom=0.3,flip,colour=0.2)")
      ->group(group);
  add("--box-loss", f.box_loss, "of detectors: giou (fcos), iou or smooth_l1 (retinanet)");
  add("--assign", f.assign, "of retinanet: which anchors find an object, iou or atss");
  add("--ema", o.ema, "decay a step of averaged weights, which are then evaluated and written; 0: none");
  add("--clip-gradients", o.clip_gradients, "largest norm of all gradients; 0: any");
  add("--seed", o.seed, "of order, augmentation and first weights");
}

}  // namespace

void add_training_flags(CLI::App& command, TrainingFlags& f) {
  command.add_option("-o,--output", f.output, "the .galet file to write; NAME.checkpoint, NAME.best.galet and NAME.csv go beside it")
      ->required()
      ->type_name("FILE");
  add_compress(command, f.stored);
  command
      .add_option("--data", f.data,
                  "images to train with: folder:DIR, list:FILE, cifar:FILE, mnist:DIR, npy:FILE or tidewrack:train; for detectors "
                  "coco:FILE, voc:DIR, yolo:DIR or tidewrack_scenes:train")
      ->required()
      ->type_name("SPEC");
  command.add_option("--test", f.test, "images to evaluate on after each epoch")->type_name("SPEC");
  command.add_option("--limit", f.limit, "N images of --data only, chosen by --seed")->type_name("N");
  command.add_option("--test-limit", f.test_limit, "N images of --test only")->type_name("N");
  add_method_flags(command, f);
  const std::string run = "The run";
  command.add_flag("--resume", f.resume, "go on from the checkpoint if there is one: bit for bit what an uninterrupted run gives")
      ->group(run);
  command.add_option("--checkpoint", f.checkpoint, "where the run's state is kept (NAME.checkpoint)")->type_name("FILE")->group(run);
  command.add_option("--checkpoint-seconds", f.options.checkpoint_seconds, "it is written after each epoch, and during one this often")
      ->capture_default_str()
      ->group(run);
  command.add_option("--evaluate-every", f.options.evaluate_every, "epochs; the last one is always evaluated")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->group(run);
  command.add_option("--log", f.log, "a row an epoch as CSV (NAME.csv)")->type_name("FILE")->group(run);
  command.add_flag("--json", f.json, "one JSON object on stdout at the end; epochs go to stderr")->group(run);
  command.add_option("--device", f.device, "cpu, cuda or cuda:N")->capture_default_str()->group(run);
  command.add_option("--threads", f.threads, "that compute; 0: one per processor")->check(CLI::Range(0, 1024))->group(run);
  command.add_option("--loaders", f.loaders, "threads that prepare batches; 0: none of their own")
      ->capture_default_str()
      ->check(CLI::Range(0, 256))
      ->group(run);
  command.add_option("--precision", f.precision, "f32, bf16 or f16 (on CUDA), the weights staying f32")->capture_default_str()->group(run);
  command.add_flag("--contiguous", f.contiguous, "images and weights in NCHW memory order instead of channels last")->group(run);
  command.add_option("--memory", f.memory, "MB that decoded images may take (a quarter of the machine's)")->type_name("MB")->group(run);
}

void prepare_training(TrainingFlags& f) {
  f.options.optimizer.rule = torch::train::parse_rule(f.optimizer);
  f.options.schedule.kind = torch::train::parse_schedule(f.schedule);
  f.options.precision = torch::train::parse_precision(f.precision);
  torch::train::validate(f.options.schedule);
  if (f.options.optimizer.momentum == 0) f.options.optimizer.nesterov = false;
  const bool cuda = f.device == "cuda" || f.device.starts_with("cuda:");
  if (f.device != "cpu" && !cuda) throw UsageError(fmt::format("unknown device \"{}\", expected cpu, cuda or cuda:N", f.device));
  if (cuda && !::torch::cuda::is_available())
    fail("--device {}: there is no CUDA device here, or this libtorch is built without CUDA (galet torch_info tells)", f.device);
  if (f.options.precision == torch::train::Precision::f16 && !cuda)
    throw UsageError("--precision f16 needs --device cuda; on CPUs there is bf16");
  if (!f.output.ends_with(".galet")) throw UsageError(fmt::format("-o {}: the result is a .galet file, give it that ending", f.output));
  const std::string stem = without_ending(f.output);
  if (f.checkpoint.empty()) f.checkpoint = stem + ".checkpoint";
  if (f.log.empty()) f.log = stem + ".csv";
  check_writable(f.output, "-o");
  check_writable(f.checkpoint, "--checkpoint");
  if (!f.resume && std::filesystem::exists(f.checkpoint))
    fail("{} is there already: --resume goes on from it; remove it to begin anew", f.checkpoint);
  f.options.checkpoint = f.checkpoint;
  f.options.stop = stop_on_signal();
  const int threads = f.threads > 0 ? f.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  at::set_num_threads(threads);
}

TrainingData open_training_data(const TrainingFlags& f, const Graph& graph) {
  if (graph.inputs().size() != 1) fail("training needs a network with one input, this one has {}", graph.inputs().size());
  const Shape& input = graph.value(graph.inputs()[0]).shape;
  data::StoreOptions store;
  store.memory = f.memory > 0 ? f.memory << 20 : ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE) / 4;
  TrainingData result;
  ProgressBar bar;
  result.dataset = data::open_dataset(f.data);
  store.limit = f.limit;
  store.seed = f.options.seed;
  auto images = std::make_shared<data::ImageStore>(result.dataset, graph.info.preprocessing, input, store, bar);
  torch::train::BatchOptions batches = f.batches;
  batches.threads = f.loaders;
  batches.shuffle = batches.drop_last = true;
  batches.seed = f.options.seed;
  const bool detects = detect::is_detector(graph);
  const std::vector<std::string>& labels = graph.info.labels.empty() ? result.dataset->class_names() : graph.info.labels;
  if (detects) {
    if (f.options.label_smoothing > 0) throw UsageError("--label-smoothing is of classifiers");
    batches.objects = true;
    batches.classes = torch::train::map_classes(result.dataset->class_names(), labels);
  }
  if (!f.augmentation.empty()) {
    batches.augmentation = data::parse_augmentation(f.augmentation);
  } else if (detects) {
    batches.augmentation.zoom = 0.3, batches.augmentation.flip = true;
    if (graph.info.preprocessing.order != "gray") batches.augmentation.colour = 0.2;
  } else if (!images->tensors()) {
    batches.augmentation.crop = static_cast<int>(std::max<int64_t>(1, input[3] / 8));
    batches.augmentation.flip = graph.info.preprocessing.order != "gray";
  }
  if (graph.info.preprocessing.letterbox) batches.augmentation.fill = graph.info.preprocessing.fill;
  result.training = std::make_shared<torch::train::Batches>(images, batches);
  if (f.test.empty()) return result;
  store.limit = f.test_limit;
  torch::train::BatchOptions plain;
  plain.batch = std::min<int64_t>(f.batches.batch, 250);
  plain.threads = f.loaders;
  const std::shared_ptr<const data::Dataset> test = data::open_dataset(f.test);
  if (detects) {
    plain.objects = true;
    plain.classes = torch::train::map_classes(test->class_names(), labels);
  }
  result.test =
      std::make_shared<torch::train::Batches>(std::make_shared<data::ImageStore>(test, graph.info.preprocessing, input, store, bar), plain);
  return result;
}

torch::train::DetectorOptions detector_options(const TrainingFlags& f, const Graph& graph) {
  if (!detect::is_detector(graph) && (!f.box_loss.empty() || !f.assign.empty()))
    throw UsageError("--box-loss and --assign are of detectors");
  torch::train::DetectorOptions options;
  if (!f.box_loss.empty()) options.box_loss = torch::train::parse_box_loss(f.box_loss);
  if (!f.assign.empty()) options.assignment = detect::parse_assignment(f.assign);
  return options;
}

std::string merit_text(const torch::train::Evaluation& e) {
  return e.detects() ? fmt::format("AP {:.3f}, AP50 {:.3f}", e.ap, e.ap50) : fmt::format("top-1 {:.2f} %", 100 * e.accuracy());
}

TrainingLog::TrainingLog(const TrainingFlags& flags, bool append, bool detects)
    : path_(flags.log), json_(flags.json), terminal_(::isatty(STDERR_FILENO) != 0), detects_(detects) {
  const bool begun = append && std::filesystem::exists(path_) && std::filesystem::file_size(path_) > 0;
  file_.open(path_, begun ? std::ios::app : std::ios::trunc);
  if (!begun)
    file_ << (detects ? "epoch,step,lr,loss,test_loss,test_ap,test_ap50,test_images,images_per_second,seconds\n"
                      : "epoch,step,lr,loss,accuracy,test_loss,test_accuracy,test_correct,test_images,images_per_second,seconds\n");
  if (!file_.flush()) fail("cannot write {}: {}", path_, std::strerror(errno));
}

std::string TrainingLog::accuracy_text(const torch::train::TrainStatus& s) const {
  return detects_ ? "" : fmt::format("  {:.2f} %", 100 * s.accuracy);
}

void TrainingLog::after_step(const torch::train::TrainStatus& s) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(200)) return;
  drawn_ = now;
  std::fprintf(stderr, "\r\033[K%s",
               fmt::format("epoch {}/{}  {}/{}  loss {:.4f}{}  {:.3g} images/s  {} left", s.epoch + 1, s.epochs, s.batch, s.batches, s.loss,
                           accuracy_text(s), s.images_per_second, clock_text(s.seconds_left))
                   .c_str());
}

void TrainingLog::after_epoch(const torch::train::TrainStatus& s) {
  if (terminal_) std::fprintf(stderr, "\r\033[K");
  std::string line = fmt::format("epoch {}/{}  lr {:.3g}  loss {:.4f}{}", s.epoch + 1, s.epochs, s.lr, s.loss, accuracy_text(s));
  file_ << fmt::format("{},{},{:.9g},{:.9g},", s.epoch + 1, s.step, s.lr, s.loss);
  if (!detects_) file_ << fmt::format("{:.6f},", s.accuracy);
  if (s.evaluation) {
    const auto& e = *s.evaluation;
    const std::string merit = detects_ ? merit_text(e) : fmt::format("{:.2f} % ({} of {})", 100 * e.accuracy(), e.correct, e.images);
    line += fmt::format("  test loss {:.4f}  {}{}", e.loss, merit, s.best ? " best" : "");
    file_ << (detects_ ? fmt::format("{:.9g},{:.6f},{:.6f},{},", e.loss, e.ap, e.ap50, e.images)
                       : fmt::format("{:.9g},{:.6f},{},{},", e.loss, e.accuracy(), e.correct, e.images));
  } else {
    file_ << ",,,,";
  }
  file_ << fmt::format("{:.1f},{:.1f}\n", s.images_per_second, s.seconds);
  if (!file_.flush()) fail("cannot write {}: {}", path_, std::strerror(errno));
  line += fmt::format("  {:.3g} images/s  {} left\n", s.images_per_second, clock_text(s.seconds_left));
  if (json_)
    std::fputs(line.c_str(), stderr);
  else
    print(line);
  std::fflush(stdout);
}

const std::atomic<bool>* stop_on_signal() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return &stop_asked;
}

std::string clock_text(double seconds) {
  const auto all = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  return all >= 3600 ? fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60) : fmt::format("{}:{:02}", all / 60, all % 60);
}

std::string without_ending(const std::string& path) { return std::filesystem::path(path).replace_extension().string(); }

}  // namespace galet::tools
