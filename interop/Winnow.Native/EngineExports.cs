using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>Engines: loading, facts, embeddings.</summary>
internal static unsafe class EngineExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_load", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Load(
        byte* path, nuint pathLength, byte* options, nuint optionsLength,
        delegate* unmanaged[Cdecl]<void*, int, long, long, int> progress, void* user, ulong cancel, ulong* engine) => Failure.Guard(() =>
    {
        Memory.Need(engine, nameof(engine));
        string model = Memory.ReadName(path, pathLength, nameof(path));
        CancellationToken asked = LibraryExports.TokenOf(cancel);
        EngineOptions settings = OptionTexts.Engine(Memory.ReadText(options, optionsLength, nameof(options)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(asked);
        ProgressCall? call = progress == null ? null : new ProgressCall(progress, user, stop);
        *engine = Handles.Add(Loaded(model, settings, call, stop.Token));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong engine) => Failure.Guard(() =>
    {
        Handles.Remove<WinnowEngine>(engine).Dispose();
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_info", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Info(ulong engine, byte* buffer, nuint size, nuint* length) =>
        Failure.Guard(() => Memory.WriteText(Descriptions.Engine(Handles.Get<WinnowEngine>(engine)), buffer, size, length));

    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_statistics", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Statistics(ulong engine, byte* buffer, nuint size, nuint* length) =>
        Failure.Guard(() => Memory.WriteText(Descriptions.Statistics(Handles.Get<WinnowEngine>(engine).Statistics), buffer, size, length));

    [UnmanagedCallersOnly(EntryPoint = "winnow_embed", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Embed(
        ulong engine, byte** texts, nuint* lengths, nuint textsCount, byte* options, nuint optionsLength, ulong cancel,
        float* vectors, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        EmbeddingOptions settings = OptionTexts.Embedding(Memory.ReadText(options, optionsLength, nameof(options)));
        CancellationToken asked = LibraryExports.TokenOf(cancel);
        string[] read = ReadTexts(texts, lengths, textsCount);
        nuint needed = (nuint)read.Length * (nuint)target.Config.Hidden;
        if (!Memory.FitsOrAsks(vectors, capacity, count, needed, out Status status))
        {
            return status;
        }

        float[][] result = target.EmbedAsync(read, settings, asked).GetAwaiter().GetResult();
        for (int text = 0; text < result.Length; text++)
        {
            result[text].CopyTo(new Span<float>(vectors + (text * target.Config.Hidden), target.Config.Hidden));
        }

        return Status.Ok;
    });

    private static WinnowEngine Loaded(string model, EngineOptions settings, ProgressCall? call, CancellationToken stop)
    {
        Task<WinnowEngine> loading;
        try
        {
            loading = WinnowEngine.LoadAsync(model, settings, call, stop);
        }
        catch
        {
            // Options that are refused leave the device to the caller.
            settings.Device?.Dispose();
            throw;
        }

        return loading.GetAwaiter().GetResult();
    }

    private static string[] ReadTexts(byte** texts, nuint* lengths, nuint count)
    {
        if (count > 0 && texts == null)
        {
            throw new ArgumentException($"texts is null, but its length is {count}.");
        }

        if (count > 1 << 20)
        {
            throw new ArgumentException($"{count} texts are more than {1 << 20}: ask for fewer at a time.");
        }

        var read = new string[(int)count];
        for (int text = 0; text < read.Length; text++)
        {
            read[text] = Memory.ReadText(texts[text], lengths == null ? nuint.MaxValue : lengths[text], $"texts[{text}]");
        }

        return read;
    }
}
