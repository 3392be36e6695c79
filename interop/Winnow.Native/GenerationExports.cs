using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Winnow.Engine;
using Winnow.Formats.Templates;

namespace Winnow.Native;

/// <summary>Generating text, by pulling pieces or through a callback.</summary>
internal static unsafe class GenerationExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_generate", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Generate(
        ulong engine, byte* prompt, nuint promptLength, byte* options, nuint optionsLength, ulong* generation) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        string text = Memory.ReadText(prompt, promptLength, nameof(prompt));
        GenerationOptions asked = Read(options, optionsLength, generation);
        return Start(generation, stop => target.GenerateAsync(text, asked, stop));
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generate_tokens", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status GenerateTokens(
        ulong engine, int* tokens, nuint count, byte* options, nuint optionsLength, ulong* generation) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        int[] prompt = Memory.Read(tokens, count, nameof(tokens)).ToArray();
        GenerationOptions asked = Read(options, optionsLength, generation);
        return Start(generation, stop => target.GenerateAsync(prompt.AsMemory(), asked, stop));
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generate_chat", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status GenerateChat(
        ulong engine, byte* messages, nuint messagesLength, byte* options, nuint optionsLength, ulong* generation) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        List<ChatTemplateMessage> conversation = TokenizerExports.ReadMessages(messages, messagesLength);
        GenerationOptions asked = Read(options, optionsLength, generation);
        return Start(generation, stop => target.GenerateAsync(conversation, asked, stop));
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_session_generate", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status SessionGenerate(ulong session, byte* options, nuint optionsLength, ulong* generation) => Failure.Guard(() =>
    {
        Session target = Handles.Get<Session>(session);
        Memory.Need(generation, nameof(generation));
        GenerationOptions asked = OptionTexts.SessionGeneration(Memory.ReadText(options, optionsLength, nameof(options)));
        return Start(generation, stop => target.GenerateAsync(asked, stop));
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_next", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Next(ulong generation, Piece* piece, byte* text, nuint size)
    {
        // Once a token: without the closure that the other functions have.
        (ulong, ulong) outer = Failure.Enter();
        try
        {
            Generation target = Handles.Get<Generation>(generation);
            Memory.NeedStructure(piece, piece == null ? 0 : piece->StructSize, sizeof(Piece), nameof(piece));
            if (text == null && size > 0)
            {
                throw new ArgumentException($"text is null, but its size is {size}.");
            }

            return target.Next(piece, text, size);
        }
        catch (Exception exception)
        {
            return Failure.Report(exception);
        }
        finally
        {
            Failure.Leave(outer);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_run", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Run(
        ulong generation, delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> callback, void* user) => Failure.Guard(() =>
    {
        Generation target = Handles.Get<Generation>(generation);
        return callback != null ? target.Run(callback, user) : throw new ArgumentException("callback must not be null.");
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_cancel", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Cancel(ulong generation) => Failure.Guard(() =>
    {
        Handles.Get<Generation>(generation).Cancel();
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_usage", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status UsageOf(ulong generation, UsageFigures* usage) => Failure.Guard(() =>
    {
        Generation target = Handles.Get<Generation>(generation);
        Memory.NeedStructure(usage, usage == null ? 0 : usage->StructSize, sizeof(UsageFigures), nameof(usage));
        Usage taken = target.Usage;
        *usage = new UsageFigures
        {
            StructSize = usage->StructSize,
            Seed = taken.Seed,
            PromptTokens = taken.PromptTokens,
            CachedTokens = taken.CachedTokens,
            GeneratedTokens = taken.GeneratedTokens,
            TimeToFirstTokenSeconds = taken.TimeToFirstToken.TotalSeconds,
            DurationSeconds = taken.Duration.TotalSeconds,
        };
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_log_probabilities", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status LogProbabilities(ulong generation, TokenProbability* tokens, nuint capacity, nuint* count) =>
        Failure.Guard(() => Memory.Write(Handles.Get<Generation>(generation).TopTokens(), tokens, capacity, count));

    [UnmanagedCallersOnly(EntryPoint = "winnow_generation_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong generation) => Failure.Guard(() =>
    {
        Handles.Remove<Generation>(generation).Dispose();
        return Status.Ok;
    });

    private static GenerationOptions Read(byte* options, nuint length, ulong* generation)
    {
        Memory.Need(generation, nameof(generation));
        return OptionTexts.Generation(Memory.ReadText(options, length, nameof(options)));
    }

    private static Status Start(ulong* generation, Func<CancellationToken, IAsyncEnumerable<GeneratedPiece>> start)
    {
        *generation = Handles.Add(new Generation(start));
        return Status.Ok;
    }
}
