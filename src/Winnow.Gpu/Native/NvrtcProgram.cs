using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Winnow.Gpu.Native;

/// <summary>A program of NVRTC, from its source to its image.</summary>
internal sealed unsafe class NvrtcProgram : IDisposable
{
    private readonly string _name;
    private readonly string[] _files;
    private nint _program;

    /// <param name="source">The source.</param>
    /// <param name="headers">The headers that it includes, by name.</param>
    public NvrtcProgram(KernelSource source, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        _name = source.Name;
        _files = [source.Name, .. headers.Select(header => header.Key)];
        using Utf8Strings main = new([source.Text, source.Name]);
        using Utf8Strings names = new([.. headers.Select(header => header.Key)]);
        using Utf8Strings texts = new([.. headers.Select(header => header.Value)]);
        nint program;
        Nvrtc.nvrtcCreateProgram(&program, main.Pointer[0], main.Pointer[1], headers.Count, texts.Pointer, names.Pointer).Check();
        _program = program;
    }

    /// <summary>Compiles to a cubin for <c>sm_*</c>, to PTX without a terminating zero for <c>compute_*</c>.</summary>
    public byte[] Compile(string[] options)
    {
        using Utf8Strings texts = new(options);
        NvrtcResult result = Nvrtc.nvrtcCompileProgram(_program, options.Length, texts.Pointer);
        if (result is NvrtcResult.Compilation or NvrtcResult.InvalidOption)
        {
            throw new KernelCompileException(_name, options, Log());
        }

        result.Check("nvrtcCompileProgram");
        return options[0].Contains("=compute_", StringComparison.Ordinal) ? Ptx() : Cubin();
    }

    public void Dispose()
    {
        if (_program != 0)
        {
            nint program = _program;
            _program = 0;
            _ = Nvrtc.nvrtcDestroyProgram(&program);
        }
    }

    private string Log()
    {
        nuint bytes;
        Nvrtc.nvrtcGetProgramLogSize(_program, &bytes).Check();
        byte[] log = new byte[bytes];
        fixed (byte* pointer = log)
        {
            Nvrtc.nvrtcGetProgramLog(_program, pointer).Check();
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private byte[] Ptx()
    {
        nuint bytes;
        Nvrtc.nvrtcGetPTXSize(_program, &bytes).Check();
        byte[] ptx = new byte[bytes];
        fixed (byte* pointer = ptx)
        {
            Nvrtc.nvrtcGetPTX(_program, pointer).Check();
        }

        return PtxFileNames.Shorten(ptx.AsSpan().TrimEnd((byte)0).ToArray(), _files);
    }

    private byte[] Cubin()
    {
        nuint bytes;
        Nvrtc.nvrtcGetCUBINSize(_program, &bytes).Check();
        byte[] cubin = new byte[bytes];
        fixed (byte* pointer = cubin)
        {
            Nvrtc.nvrtcGetCUBIN(_program, pointer).Check();
        }

        return cubin;
    }
}
