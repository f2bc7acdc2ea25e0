// What the browser's client needs: sign in, write, hear of it. Prints one line of JSON.
import { createClient } from "@supabase/supabase-js";

const [url, anonKey, email, password, table] = process.argv.slice(2);
const supabase = createClient(url, anonKey, { auth: { persistSession: false } });

const signedIn = await supabase.auth.signInWithPassword({ email, password });
if (signedIn.error) throw signedIn.error;
await supabase.realtime.setAuth(signedIn.data.session.access_token);

const heard = new Promise((resolve, reject) => {
  supabase
    .channel("smoke")
    .on("postgres_changes", { event: "INSERT", schema: "public", table }, resolve)
    .on("system", {}, async (message) => {
      if (message.extension !== "postgres_changes") return;
      if (message.status !== "ok") return reject(new Error(message.message));
      const written = await supabase.from(table).insert({ body: "dari browser" }).select();
      if (written.error) reject(written.error);
    })
    .subscribe();
});

const echo = new Promise((resolve) => {
  const channel = supabase.channel("echo", { config: { broadcast: { self: true } } });
  channel
    .on("broadcast", { event: "shout" }, (message) => resolve(message.payload))
    .subscribe((state) => {
      if (state === "SUBSCRIBED") channel.send({ type: "broadcast", event: "shout", payload: { n: 1 } });
    });
});

console.log(JSON.stringify({ change: (await heard).new.body, broadcast: await echo }));
await supabase.removeAllChannels();
process.exit(0);
