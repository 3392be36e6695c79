using System;
using System.IO;
using System.Threading.Tasks;
using BenchmarkDotNet.Attributes;
using Winnow.Conversion;
using Winnow.Engine;
using Winnow.Models;

namespace Winnow.Bench.Models;

/// <summary>Opening the model that ships, as safetensors and as GGUF, and starting an engine with it on the processor.</summary>
public class LoadBench
{
    private string _folder = "";
    private string _path = "";

    [Params("safetensors", "GGUF")]
    public string Format { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("winnow-bench-").FullName;
        _path = Path.Combine(AppContext.BaseDirectory, "tales-1m");
        if (Format == "GGUF")
        {
            string gguf = Path.Combine(_folder, "tales-1m.gguf");
            using ModelFiles files = ModelFiles.Open(_path);
            ModelConverter.Convert(files, gguf);
            _path = gguf;
        }
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public void Open() => ModelFiles.Open(_path).Dispose();

    [Benchmark]
    public async Task Start()
    {
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(_path);
    }
}
