using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Texts as an array of C strings, for one call.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly int _count;
    private byte** _texts;

    public Utf8Strings(IReadOnlyCollection<string> texts)
    {
        _texts = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        foreach (string text in texts)
        {
            _texts[_count++] = (byte*)Marshal.StringToCoTaskMemUTF8(text);
        }
    }

    /// <summary>The array.</summary>
    public byte** Pointer => _texts;

    public void Dispose()
    {
        if (_texts is null)
        {
            return;
        }

        for (int i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)_texts[i]);
        }

        NativeMemory.Free(_texts);
        _texts = null;
    }
}
