using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Winnow.Engine;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Native;

/// <summary>Tokenizers, alone and of an engine.</summary>
internal static unsafe class TokenizerExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_tokenizer_load", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Load(byte* path, nuint pathLength, ulong* tokenizer) => Failure.Guard(() =>
    {
        Memory.Need(tokenizer, nameof(tokenizer));
        string model = Memory.ReadName(path, pathLength, nameof(path));
        if (Path.GetFileName(model) == "tokenizer.json")
        {
            *tokenizer = Handles.Add(Tokenizer.Load(model));
            return Status.Ok;
        }

        using ModelFiles files = ModelFiles.Open(model);
        *tokenizer = Handles.Add(files.Tokenizer);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_tokenizer", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status OfEngine(ulong engine, ulong* tokenizer) => Failure.Guard(() =>
    {
        Memory.Need(tokenizer, nameof(tokenizer));
        *tokenizer = Handles.Add(Handles.Get<WinnowEngine>(engine).Tokenizer);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_tokenizer_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong tokenizer) => Failure.Guard(() =>
    {
        Handles.Remove<Tokenizer>(tokenizer);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_tokenizer_encode", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Encode(
        ulong tokenizer, byte* text, nuint textLength, int addSpecial, int parseSpecial, int* tokens, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        Tokenizer target = Handles.Get<Tokenizer>(tokenizer);
        int[] encoded = target.Encode(Memory.ReadText(text, textLength, nameof(text)), addSpecial != 0, parseSpecial != 0);
        return Memory.Write(encoded, tokens, capacity, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_tokenizer_decode", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Decode(
        ulong tokenizer, int* tokens, nuint count, int skipSpecial, byte* buffer, nuint size, nuint* length) => Failure.Guard(() =>
    {
        Tokenizer target = Handles.Get<Tokenizer>(tokenizer);
        ReadOnlySpan<int> read = Memory.Read(tokens, count, nameof(tokens));
        foreach (int token in read)
        {
            if ((uint)token >= (uint)target.VocabularySize)
            {
                throw new ArgumentException($"There is no token {token}: the vocabulary has {target.VocabularySize}.");
            }
        }

        return Memory.WriteText(target.Decode(read, skipSpecial != 0), buffer, size, length);
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_engine_encode_chat", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status EncodeChat(
        ulong engine, byte* messages, nuint messagesLength, int addGenerationPrompt, int* tokens, nuint capacity, nuint* count) => Failure.Guard(() =>
    {
        WinnowEngine target = Handles.Get<WinnowEngine>(engine);
        int[] encoded = target.EncodeChat(ReadMessages(messages, messagesLength), addGenerationPrompt != 0);
        return Memory.Write(encoded, tokens, capacity, count);
    });

    /// <summary>A conversation: a JSON array of objects with <c>role</c> and <c>content</c>.</summary>
    internal static List<ChatTemplateMessage> ReadMessages(byte* messages, nuint length)
    {
        JsonElement root = JsonOptions.Parse(Memory.ReadText(messages, length, nameof(messages)), nameof(messages));
        return root.ValueKind == JsonValueKind.Array
            ? [.. root.EnumerateArray().Select(ChatTemplateMessage.FromJson)]
            : throw new ArgumentException("messages must be a JSON array of objects with role and content.");
    }
}
