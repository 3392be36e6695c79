using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Native;

/// <summary>One object of every kind, and arguments with which every function would succeed.</summary>
internal sealed class Samples : IDisposable
{
    public const string KernelSource = "extern \"C\" __global__ void twice(float* out, const float* in, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) out[i] = 2 * in[i]; }";

    private readonly Dictionary<string, ulong> _live = [];
    private readonly Dictionary<string, ulong> _freed = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-abi-").FullName;

    public Samples()
    {
        string saved = Path.Combine(_folder, "saved");
        string model = ModelWithChatTemplate();
        foreach (Dictionary<string, ulong> handles in new[] { _freed, _live })
        {
            ulong engine = handles["winnow_engine"] = Abi.Handle("winnow_engine_load", model, "{\"device\": \"cpu\"}", (nint)0, (nint)0, 0UL);
            handles["winnow_tokenizer"] = Abi.Handle("winnow_engine_tokenizer", engine);
            ulong session = handles["winnow_session"] = Abi.Handle("winnow_session_create", engine);
            Abi.Do("winnow_session_append_text", session, "Once upon a time", 0UL);
            Abi.Do("winnow_session_save", session, saved);
            handles["winnow_cancel"] = Abi.Handle("winnow_cancel_create");
            ulong generation = handles["winnow_generation"] = Abi.Handle("winnow_generate", engine, "Once upon a time", "{\"log_probabilities\": 3, \"max_tokens\": 4}");
            Abi.Next(generation, out _, out _);
            if (KernelCompiler.Probe().IsUsable)
            {
                ulong gpu = handles["winnow_gpu"] = Abi.Handle("winnow_gpu_open", "simulator");
                handles["winnow_kernel"] = Abi.Handle("winnow_kernel_compile", gpu, KernelSource, "twice", null);
            }
        }

        foreach ((string kind, ulong handle) in _freed)
        {
            Abi.Do(kind + "_free", handle);
        }
    }

    public static string Model { get; } = Path.Combine(SharedFiles.RepositoryRoot, "src", "Winnow.Cli", "Assets", "tales-1m");

    public IReadOnlyDictionary<string, ulong> Live => _live;

    public IReadOnlyDictionary<string, ulong> Freed => _freed;

    /// <summary>Arguments with which a function would succeed, one for each parameter.</summary>
    public object[] Arguments(HeaderFunction function)
    {
        List<object> arguments = [];
        IReadOnlyList<HeaderParameter> parameters = function.Parameters;
        for (int index = 0; index < parameters.Count; index++)
        {
            string next = index + 1 < parameters.Count ? parameters[index + 1].Name : "";
            if (parameters[index].Type == "const char *" && next.EndsWith("_length", StringComparison.Ordinal))
            {
                byte[] bytes = Pinned(TextOf(function.Name, parameters[index].Name));
                arguments.AddRange([Abi.Address(bytes), (nuint)bytes.Length - 1]);
                index++;
            }
            else
            {
                arguments.Add(Argument(parameters[index]));
            }
        }

        return [.. arguments];
    }

    public void Dispose()
    {
        foreach ((string kind, ulong handle) in _live.Reverse())
        {
            Abi.Do(kind + "_free", handle);
        }

        Directory.Delete(_folder, recursive: true);
    }

    internal static byte[] Pinned(string text)
    {
        byte[] bytes = GC.AllocateArray<byte>(System.Text.Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        System.Text.Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private string ModelWithChatTemplate()
    {
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), "{% for message in messages %}{{ message.content }}\n{% endfor %}");
        return _folder;
    }

    private string TextOf(string function, string name) => (function, name) switch
    {
        ("winnow_session_restore" or "winnow_session_restore_with", "path") => Path.Combine(_folder, "saved"),
        ("winnow_session_save", "path") => Path.Combine(_folder, "again"),
        (_, "path") => Model,
        (_, "options") => "{}",
        (_, "messages") => "[{\"role\": \"user\", \"content\": \"Hello\"}]",
        (_, "device") => "simulator",
        (_, "source") => KernelSource,
        (_, "entry") => "twice",
        _ => "Once",
    };

    private object Argument(HeaderParameter parameter) => parameter.Type switch
    {
        "size_t" => parameter.Name is "size" or "capacity" ? 0 : (nuint)1,
        "int32_t" => 1,
        "uint64_t" => 0UL,
        "winnow_progress_callback" or "winnow_piece_callback" or "void *" => (nint)0,
        _ when Live.TryGetValue(parameter.Type, out ulong handle) => handle,
        "winnow_object" => Live["winnow_engine"],
        "winnow_piece *" => new Cell<Piece>(new Piece { StructSize = 32 }).Address,
        "winnow_usage *" => new Cell<UsageFigures>(new UsageFigures { StructSize = 64 }).Address,
        "winnow_kv_usage *" => new Cell<KvUsageFigures>(new KvUsageFigures { StructSize = 64 }).Address,
        _ when parameter.Name is "buffer" or "vectors" or "slots" || (parameter.Name == "tokens" && !parameter.Type.StartsWith("const", StringComparison.Ordinal)) => (nint)0,
        _ when parameter.Name == "texts" => new Cell<nint>(Abi.Address(Pinned("Once"))).Address,
        _ when parameter.Name == "lengths" => new Cell<nuint>(4).Address,
        _ when parameter.Type.EndsWith('*') => new Cell<long>(1).Address,
        _ => 0UL,
    };
}
