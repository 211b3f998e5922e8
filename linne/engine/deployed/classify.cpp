// Classifies binary PPM pictures by a bundle's model.onnx: everything from the resize on is inside the graph.
//
//   classify model.onnx labels.txt a.ppm b.ppm          the likeliest class of each, and its probability
//   classify model.onnx --check golden.txt TOLERANCE    every golden picture's probabilities; exit code 1 if one is off
//
// Needs ONNX Runtime 1.18 or newer (its C API) and C++17. A picture is uint8 RGB, rows from the top; how a JPEG becomes
// one is written in the bundle's preprocess.json.
#include <onnxruntime_c_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

const OrtApi* api = nullptr;

void check(OrtStatus* status) {
  if (status == nullptr) return;
  const std::string why = api->GetErrorMessage(status);
  api->ReleaseStatus(status);
  throw std::runtime_error(why);
}

template <class T>
using Held = std::unique_ptr<T, void (*)(T*)>;

struct Picture {
  std::int64_t high = 0, wide = 0;
  std::vector<std::uint8_t> pixels;
};

Picture read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string kind;
  int most = 0;
  Picture out;
  if (!(file >> kind >> out.wide >> out.high >> most) || kind != "P6" || most != 255 || out.wide < 1 || out.high < 1 ||
      out.wide > 100000 || out.high > 100000 || out.wide * out.high > 64000000)
    throw std::runtime_error(path + " is no binary PPM of 8 bits and at most 64,000,000 pixels");
  file.get();
  out.pixels.resize(static_cast<std::size_t>(out.high * out.wide * 3));
  if (!file.read(reinterpret_cast<char*>(out.pixels.data()), static_cast<std::streamsize>(out.pixels.size())))
    throw std::runtime_error(path + " is cut off");
  return out;
}

class Classifier {
 public:
  explicit Classifier(const std::string& path) : env_(nullptr, api->ReleaseEnv), session_(nullptr, api->ReleaseSession),
                                                 memory_(nullptr, api->ReleaseMemoryInfo) {
    OrtEnv* env = nullptr;
    check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "classify", &env));
    env_.reset(env);
    OrtSessionOptions* made = nullptr;
    check(api->CreateSessionOptions(&made));
    const Held<OrtSessionOptions> options(made, api->ReleaseSessionOptions);
    OrtSession* session = nullptr;
#ifdef _WIN32
    const std::wstring wide(path.begin(), path.end());
    check(api->CreateSession(env_.get(), wide.c_str(), options.get(), &session));
#else
    check(api->CreateSession(env_.get(), path.c_str(), options.get(), &session));
#endif
    session_.reset(session);
    OrtMemoryInfo* memory = nullptr;
    check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
    memory_.reset(memory);
  }

  std::vector<float> operator()(Picture& picture) const {
    const std::int64_t shape[] = {1, picture.high, picture.wide, 3};
    OrtValue* given = nullptr;
    check(api->CreateTensorWithDataAsOrtValue(memory_.get(), picture.pixels.data(), picture.pixels.size(), shape, 4,
                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &given));
    const Held<OrtValue> input(given, api->ReleaseValue);
    const char* const in[] = {"pictures"};
    const char* const out[] = {"probabilities"};
    const OrtValue* const inputs[] = {input.get()};
    OrtValue* found = nullptr;
    check(api->Run(session_.get(), nullptr, in, inputs, 1, out, 1, &found));
    const Held<OrtValue> output(found, api->ReleaseValue);
    OrtTensorTypeAndShapeInfo* told = nullptr;
    check(api->GetTensorTypeAndShape(output.get(), &told));
    const Held<OrtTensorTypeAndShapeInfo> info(told, api->ReleaseTensorTypeAndShapeInfo);
    std::size_t count = 0;
    check(api->GetTensorShapeElementCount(info.get(), &count));
    float* values = nullptr;
    check(api->GetTensorMutableData(output.get(), reinterpret_cast<void**>(&values)));
    return std::vector<float>(values, values + count);
  }

 private:
  Held<OrtEnv> env_;
  Held<OrtSession> session_;
  Held<OrtMemoryInfo> memory_;
};

// A line of golden.txt: the picture, then the probability of every class.
int golden(const Classifier& model, const std::string& list, float tolerance) {
  const auto slash = list.find_last_of("/\\");
  const std::string folder = slash == std::string::npos ? "" : list.substr(0, slash + 1);
  std::ifstream file(list);
  std::string line, name;
  int count = 0, off = 0;
  float most = 0;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    row >> name;
    Picture picture = read(folder + name);
    float apart = 0, wanted = 0;
    std::size_t classes = 0;
    for (const float value : model(picture)) {
      if (!(row >> wanted)) throw std::runtime_error(name + ": golden.txt knows fewer classes than the model");
      apart = std::max(apart, std::isfinite(value) ? std::fabs(value - wanted) : INFINITY);
      ++classes;
    }
    if (row >> wanted) throw std::runtime_error(name + ": golden.txt knows more classes than the model");
    most = std::max(most, apart);
    ++count;
    if (apart > tolerance && ++off) std::cerr << name << " is off by " << apart << "\n";
  }
  std::cout << count << " golden pictures, " << off << " off, probabilities within " << most << "\n";
  return count > 0 && off == 0 ? 0 : 1;
}

int main_(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("give: model.onnx labels.txt PICTURES.ppm, or model.onnx --check golden.txt 0.001");
  api = OrtGetApiBase()->GetApi(18);
  if (api == nullptr) throw std::runtime_error("ONNX Runtime 1.18 or newer is needed");
  const Classifier model(argv[1]);
  if (std::string(argv[2]) == "--check") return golden(model, argv[3], argc > 4 ? std::strtof(argv[4], nullptr) : 1e-3f);
  std::vector<std::string> labels;
  std::ifstream file(argv[2]);
  for (std::string line; std::getline(file, line);) labels.push_back(line);
  for (int at = 3; at < argc; ++at) {
    Picture picture = read(argv[at]);
    const std::vector<float> chances = model(picture);
    std::size_t best = 0;
    for (std::size_t k = 1; k < chances.size(); ++k)
      if (chances[k] > chances[best]) best = k;
    std::cout << argv[at] << "\t" << (best < labels.size() ? labels[best] : "?") << "\t" << chances[best] << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "classify: " << error.what() << "\n";
    return 2;
  }
}
